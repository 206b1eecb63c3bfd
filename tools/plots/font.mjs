// @ts-check
/**
 * font.mjs - the dot-matrix letters of character displays, 5 x 8, from blank to tilde. What lies
 * outside is shown as a box.
 */

/** Five columns of eight bits for each letter, the lowest bit on top. */
const COLUMNS = Buffer.from(
  [
    '000000000000005F00000007000700147F147F14242A7F2A12231308646236495620500008070300001C2241000041221C002A1C7F1C2A08083E08080080703000080808080800006060002010080402',
    '3E5149453E00427F400072494949462141494D331814127F1027454545393C4A49493141211109073649494936464949291E000014000000403400000008142241141414141400412214080201590906',
    '3E415D594E7C1211127C7F494949363E414141227F4141413E7F494949417F090909013E414151737F0808087F00417F41002040413F017F081422417F404040407F021C027F7F0408107F3E4141413E',
    '7F090909063E4151215E7F09192946264949493203017F01033F4040403F1F2040201F3F4038403F631408146303047804036159494D43007F4141410204081020004141417F04020102044040404040',
    '000307080020545478407F284444383844444428384444287F385454541800087E090218A4A49C787F0804047800447D40002040403D007F1028440000417F40007C047804787C080404783844444438',
    'FC1824241818242418FC7C08040408485454542404043F44243C4040207C1C2040201C3C4030403C44281028444C9090907C4464544C440008364100000077000000413608000201020402',
  ].join(''),
  'hex',
);
const BOX = Buffer.from('7f4141417f', 'hex');

export const LETTER_WIDTH = 6,
  LETTER_HEIGHT = 8;

/** @param {string} letter @param {number} x @param {number} y  of a dot @returns {boolean} */
function dot(letter, x, y) {
  const at = 5 * ((letter.codePointAt(0) ?? 0) - 32);
  const columns = at >= 0 && at < COLUMNS.length ? COLUMNS.subarray(at, at + 5) : BOX;
  return x >= 0 && x < 5 && y >= 0 && y < 8 && ((columns[x] >> y) & 1) === 1;
}

/**
 * Where a text has ink, twice as large with corners rounded (Scale2x): told as (x, y) from its upper
 * left corner.
 * @param {string} text
 * @param {number} scale  1 or 2
 * @param {(x: number, y: number) => void} ink
 */
export function eachDot(text, scale, ink) {
  [...text].forEach((letter, i) => {
    for (let y = 0; y < LETTER_HEIGHT; y++)
      for (let x = 0; x < LETTER_WIDTH; x++) {
        const here = dot(letter, x, y),
          left = i * LETTER_WIDTH + x;
        if (scale === 1) {
          if (here) ink(left, y);
          continue;
        }
        for (const [dx, dy] of [
          [0, 0],
          [1, 0],
          [0, 1],
          [1, 1],
        ]) {
          const beside = dot(letter, x + 2 * dx - 1, y),
            over = dot(letter, x, y + 2 * dy - 1);
          const other = dot(letter, x - 2 * dx + 1, y),
            under = dot(letter, x, y - 2 * dy + 1);
          const corner = beside === over && beside !== under && over !== other;
          if (corner ? beside : here) ink(2 * left + dx, 2 * y + dy);
        }
      }
  });
}
