/**
 * png-pillow.test.mjs - where Pillow and the core both read a PNG, they read the same pixels: every format, chunks that
 * change nothing, cut and flipped files.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { chunk, crc32, png } from '../support/files.mjs';
import { flipped, FORMATS, picture, sampleOf } from '../support/pngs.mjs';
import { replay } from '../support/replay.mjs';

const python = ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import PIL, numpy']).status === 0);
const skip = python ? false : 'Pillow or NumPy is missing: apt-get install python3-pil python3-numpy';

/** Reads files, each after its length, and writes for each: width, height (0: refused), and the bytes of RGBA. */
const SCRIPT = `
import io, struct, sys, warnings
import numpy as np
from PIL import Image
warnings.simplefilter('ignore')
data, at = sys.stdin.buffer.read(), 0
while at < len(data):
    size = struct.unpack('<I', data[at:at + 4])[0]
    try:
        image = Image.open(io.BytesIO(data[at + 4:at + 4 + size]))
        if image.width * image.height > 1 << 20: raise ValueError('large')
        image.load()
        if image.mode.startswith('I'): image = Image.fromarray((np.array(image).astype(int) >> 8).astype('uint8'))
        sys.stdout.buffer.write(struct.pack('<II', image.width, image.height) + image.convert('RGBA').tobytes())
    except Exception:
        sys.stdout.buffer.write(struct.pack('<II', 0, 0))
    at += 4 + size
`;

/** @param {Buffer[]} files @returns {({ width: number, height: number, rgba: Buffer } | null)[]} */
function pillow(files) {
  const input = Buffer.concat(
    files.flatMap((bytes) => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(bytes.length);
      return [head, bytes];
    }),
  );
  const { status, stdout, stderr } = spawnSync(/** @type {string} */ (python), ['-c', SCRIPT], {
    input,
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr.toString());
  let at = 0;
  return files.map(() => {
    const width = stdout.readUInt32LE(at),
      height = stdout.readUInt32LE(at + 4),
      end = at + 8 + 4 * width * height,
      rgba = stdout.subarray(at + 8, end);
    at = end;
    return width ? { width, height, rgba } : null;
  });
}

/**
 * The core's digest of that picture: on white paper, or alpha where that shows no ink (src/data/paper.h).
 * @param {{ width: number, height: number, rgba: Buffer }} picture
 */
function digestOf({ width, height, rgba }) {
  const onWhite = (/** @type {number} */ v, /** @type {number} */ a) =>
      Math.floor((v * a + 255 * (255 - a) + 127) / 255),
    luma = (/** @type {number[]} */ [r, g, b]) => (r * 19595 + g * 38470 + b * 7471 + 32768) >> 16;
  const pixels = Array.from({ length: width * height }, (_, i) => [...rgba.subarray(4 * i, 4 * i + 4)]),
    extent = (/** @type {number[]} */ all) => (all.length ? Math.max(...all) - Math.min(...all) : 0);
  const paper = pixels.map(([r, g, b, a]) => luma([onWhite(r, a), onWhite(g, a), onWhite(b, a)])),
    alpha = pixels.map(([, , , a]) => a);
  const inAlpha =
      extent(paper) < 24 && extent(alpha) >= 24 && extent(pixels.filter(([, , , a]) => a >= 128).map(luma)) <= 16,
    head = Buffer.alloc(16);
  head.writeUInt32LE(width, 0);
  head.writeUInt32LE(height, 8);
  return crc32(Buffer.concat([head, Buffer.from(inAlpha ? alpha.map((a) => 255 - a) : paper)]));
}

/** Both read at least so many, and all of those alike. @param {[string, Buffer][]} files @param {number} least */
function alike(files, least) {
  const theirs = pillow(files.map(([, bytes]) => bytes)),
    ours = replay(
      'png',
      files.map(([, bytes]) => bytes),
    );
  let both = 0;
  for (const [i, [name]] of files.entries()) {
    const picture = theirs[i];
    if (!picture || ours[i].status !== 0) continue;
    both++;
    assert.equal(ours[i].digest, digestOf(picture), `${name}: other pixels than Pillow's`);
  }
  assert.ok(both >= least, `${both} of ${files.length} were read by both`);
}

/** Checksums of chunks made right. @param {Buffer} bytes */
function sealed(bytes) {
  const out = Buffer.from(bytes);
  for (let at = 8; at + 12 <= out.length; at += 12 + out.readUInt32BE(at)) {
    const size = out.readUInt32BE(at);
    if (size > out.length - at - 12) break;
    out.writeUInt32BE(crc32(out.subarray(at + 4, at + 8 + size)), at + 8 + size);
  }
  return out;
}

test('every format, with and without transparency, and with chunks that are not for grey', { skip }, () => {
  const profile = chunk('iCCP', Buffer.concat([Buffer.from('none\0\0'), deflateSync(Buffer.alloc(200))])),
    gamma = chunk('gAMA', Uint8Array.from([0, 1, 0x86, 0xa0]));
  const frame = Buffer.alloc(26);
  frame.writeUInt32BE(32, 4);
  frame.writeUInt32BE(32, 8);
  const animated = [chunk('acTL', Uint8Array.from([0, 0, 0, 1, 0, 0, 0, 0])), chunk('fcTL', frame)];
  /** @type {[string, Buffer][]} */
  const files = [];
  for (const [colour, depth] of FORMATS)
    for (const interlace of [0, 1]) {
      const name = `colour ${colour}, ${depth} bits, interlace ${interlace}`,
        transparency =
          colour === 0
            ? [0, 1]
            : colour === 2
              ? [0, 0, 0, depth === 16 ? 0 : 71, 0, 142]
              : colour === 3
                ? [0, 99]
                : undefined;
      files.push([name, picture(colour, depth, { interlace })]);
      if (colour || depth === 1 || depth === 8)
        // Pillow compares a key of 2, 4 or 16 bits with samples of 8
        files.push([`${name}, tRNS`, picture(colour, depth, { interlace, transparency })]);
      for (const [what, extra] of /** @type {[string, Buffer[]][]} */ ([
        ['gAMA', [gamma]],
        ['iCCP', [profile]],
        ['APNG', animated],
      ]))
        files.push([`${name}, ${what}`, picture(colour, depth, { interlace, extra })]);
    }
  alike(files, files.length);
});

test(
  'cut at every byte; each bit of the first 200 bytes flipped, with the checksums as they were and made right',
  { skip },
  () => {
    /** @type {[string, Buffer][]} */
    const files = [],
      bases = /** @type {[string, Buffer][]} */ ([
        ['grey', png({ width: 9, height: 7, sample: sampleOf(8), extra: [chunk('tEXt', Buffer.from('a\0b'))] })],
        ['palette', picture(3, 4, { width: 9, height: 7, interlace: 1, transparency: [0, 99, 255] })],
        ['alpha', picture(6, 16, { width: 5, height: 4 })],
      ]);
    for (const [name, bytes] of bases) {
      for (let n = 0; n < bytes.length; n++) files.push([`${name} cut at ${n}`, bytes.subarray(0, n)]);
      for (let at = 0; at < Math.min(200, bytes.length); at++)
        for (let bit = 0; bit < 8; bit++)
          files.push(
            [`${name}, bit ${bit} of byte ${at}`, flipped(bytes, at, 1 << bit)],
            [`${name}, bit ${bit} of byte ${at}, sealed`, sealed(flipped(bytes, at, 1 << bit))],
          );
    }
    alike(files, 500);
  },
);
