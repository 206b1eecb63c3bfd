// @ts-check
/** chart-zoom.js - zooming a chart with a wheel, a touch pad or two fingers. */

/** Below this distance in pixels two fingers do not zoom: their ratio would jump. */
const FINGERS_APART = 20;
/** This many pixels of a wheel zoom by the factor e. */
const WHEEL_PIXELS = 200;

/**
 * @param {HTMLElement} place
 * @param {(factor: number, clientX?: number) => void} zoom  about a place on the screen, or about the middle
 */
export function listenForZoom(place, zoom) {
  // A pinch on a touch pad arrives as a wheel with Ctrl. Without Ctrl the page scrolls.
  place.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / WHEEL_PIXELS), event.clientX);
    },
    { passive: false },
  );

  /** The x of each finger. @type {Map<number, number>} */
  const fingers = new Map();
  let before = 0;
  const distance = () => Math.abs([...fingers.values()].reduce((a, b) => a - b));
  place.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'touch') return;
    fingers.set(event.pointerId, event.clientX);
    if (fingers.size === 2) before = distance();
  });
  place.addEventListener('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX);
    if (fingers.size !== 2 || distance() < FINGERS_APART || before < FINGERS_APART) return;
    zoom(distance() / before);
    before = distance();
  });
  for (const end of /** @type {const} */ (['pointerup', 'pointercancel', 'pointerleave']))
    place.addEventListener(end, (event) => fingers.delete(event.pointerId));
}
