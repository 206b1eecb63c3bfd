/**
 * redrawn.mjs - a digit as somebody draws it with a mouse: the skeleton of a picture, simplified to a few straight
 * pieces, in a line of constant width, dark on white.
 */
const SCALE = 4,
  SIDE = 28 * SCALE;

/** Dots where the enlarged picture is light. @param {Uint8Array} picture  28 x 28 */
function enlarge(picture) {
  const dots = new Uint8Array(SIDE * SIDE);
  const at = (/** @type {number} */ x, /** @type {number} */ y) =>
    x >= 0 && y >= 0 && x < 28 && y < 28 ? picture[28 * y + x] : 0;
  for (let y = 1; y < SIDE - 1; y++)
    for (let x = 1; x < SIDE - 1; x++) {
      const u = (x + 0.5) / SCALE - 0.5,
        v = (y + 0.5) / SCALE - 0.5,
        x0 = Math.floor(u),
        y0 = Math.floor(v),
        fx = u - x0,
        fy = v - y0;
      const value =
        (at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx) * (1 - fy) +
        (at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx) * fy;
      dots[SIDE * y + x] = value > 110 ? 1 : 0;
    }
  return dots;
}

/** The eight neighbours in turn, from above. */
const AROUND = [-SIDE, 1 - SIDE, 1, SIDE + 1, SIDE, SIDE - 1, -1, -SIDE - 1];

/**
 * Zhang and Suen's thinning ("A fast parallel algorithm for thinning digital patterns", 1984).
 * @param {Uint8Array} dots
 */
function thin(dots) {
  for (let changed = true; changed;) {
    changed = false;
    for (const second of [false, true]) {
      const gone = [];
      for (let i = SIDE; i < SIDE * (SIDE - 1); i++) {
        if (!dots[i]) continue;
        const p = AROUND.map((d) => dots[i + d]),
          count = p.reduce((a, b) => a + b, 0);
        const turns = p.filter((v, k) => !v && p[(k + 1) % 8]).length;
        const [up, , right, , down, , left] = p;
        if (
          count >= 2 &&
          count <= 6 &&
          turns === 1 &&
          (second
            ? !(up && right && left) && !(up && down && left)
            : !(up && right && down) && !(right && down && left))
        )
          gone.push(i);
      }
      gone.forEach((i) => {
        dots[i] = 0;
      });
      changed ||= gone.length > 0;
    }
  }
}

/** Paths through the skeleton, each dot and each join once. @param {Uint8Array} dots @returns {number[][]} */
function paths(dots) {
  const neighbours = (/** @type {number} */ i) =>
    [0, 2, 4, 6, 1, 3, 5, 7].map((k) => i + AROUND[k]).filter((j) => dots[j]);
  const used = new Set(),
    found = [],
    joined = (/** @type {number} */ a, /** @type {number} */ b) => (a < b ? `${a} ${b}` : `${b} ${a}`);
  const all = [...dots.keys()].filter((i) => dots[i]),
    starts = [...all.filter((i) => neighbours(i).length !== 2), ...all];
  for (const start of starts) {
    for (const next of neighbours(start)) {
      if (used.has(joined(start, next))) continue;
      const path = [start];
      for (let before = start, here = next; ;) {
        used.add(joined(before, here));
        path.push(here);
        const on = neighbours(here).filter((j) => j !== before && !used.has(joined(here, j)));
        if (neighbours(here).length !== 2 || !on.length) break;
        [before, here] = [here, on[0]];
      }
      found.push(path);
    }
  }
  return found;
}

/**
 * Douglas and Peucker: what is no further than `most` from a straight line is one.
 * @param {[number, number][]} points
 * @param {number} most
 * @returns {[number, number][]}
 */
function simplify(points, most) {
  const [a, b] = [points[0], points[points.length - 1]],
    length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  let far = 0,
    index = 0;
  points.forEach(([x, y], i) => {
    const d = length
      ? Math.abs((b[0] - a[0]) * (a[1] - y) - (a[0] - x) * (b[1] - a[1])) / length
      : Math.hypot(x - a[0], y - a[1]);
    if (d > far) [far, index] = [d, i];
  });
  return far > most
    ? [...simplify(points.slice(0, index + 1), most).slice(0, -1), ...simplify(points.slice(index), most)]
    : [a, b];
}

export const PAD = 280;

/**
 * [PAD * PAD * 4], as the drawing pad's pixels.
 * @param {Uint8Array} picture  28 x 28, light on dark
 * @param {number} [width]  of the line, in pixels
 */
export function redraw(picture, width = 16) {
  const dots = enlarge(picture);
  thin(dots);
  const rgba = new Uint8Array(PAD * PAD * 4).fill(255),
    zoom = PAD / SIDE;
  const point = (/** @type {number} */ i) =>
    /** @type {[number, number]} */ ([((i % SIDE) + 0.5) * zoom, (Math.floor(i / SIDE) + 0.5) * zoom]);
  for (const path of paths(dots)) {
    const line = simplify(path.map(point), 5);
    for (let k = 0; k + 1 < line.length; k++) {
      const [[ax, ay], [bx, by]] = [line[k], line[k + 1]],
        dx = bx - ax,
        dy = by - ay,
        squared = dx * dx + dy * dy;
      for (let y = Math.max(0, Math.floor(Math.min(ay, by) - width)); y < Math.min(PAD, Math.max(ay, by) + width); y++)
        for (
          let x = Math.max(0, Math.floor(Math.min(ax, bx) - width));
          x < Math.min(PAD, Math.max(ax, bx) + width);
          x++
        ) {
          const t = squared ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / squared)) : 0;
          const ink = Math.max(0, Math.min(1, width / 2 + 0.5 - Math.hypot(x - ax - t * dx, y - ay - t * dy)));
          const i = 4 * (PAD * y + x),
            grey = Math.min(rgba[i], Math.round(255 * (1 - ink)));
          rgba[i] = rgba[i + 1] = rgba[i + 2] = grey;
        }
    }
  }
  return rgba;
}

/**
 * Redraws test digits, spread evenly over the split, and counts those that are read correctly.
 * @param {import('../../web/core/trainer.js').Trainer} trainer  with a network, and test pictures @param {number} count
 */
export function readRedrawn(trainer, count) {
  const pictures = trainer.engine.pictureCount('valid');
  let right = 0;
  for (let k = 0; k < count; k++) {
    const given = /** @type {{ pixels: Uint8Array, label: number }} */ (
      trainer.engine.picture('valid', Math.floor(((k + 0.5) * pictures) / count))
    );
    const { digits, shown } = trainer.engine.read(redraw(given.pixels), PAD, PAD);
    right += Number(digits.length === 1 && shown.label === given.label);
  }
  return { right, of: count };
}
