// @ts-check
/**
 * locale.js - makes sure that navigator.language is one that Intl knows, since uPlot makes a number format for it when
 * it is loaded. Engines that are started without a locale have `C` there, and the format throws.
 */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
}
