// @ts-check
/**
 * locale.js - a language that Intl knows, for uPlot, which makes a number format for navigator.language when it is
 * loaded. Engines that are started without a locale say `C` there, and the format throws.
 */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
}
