/** tar.mjs - the seeds of the tar reader: archives of every kind, and archives that are cut or inconsistent. */
import { paxRecord, TAR_END, tarEntry } from '../../support/files.mjs';

/** A size of 5 in base 256. */
const size256 = Buffer.alloc(12);
size256[0] = 0x80;
size256[11] = 5;
const text = Buffer.from('hello'),
  long = `${'long/'.repeat(30)}x`;
/** An entry whose checksum is the sum of signed bytes, as some old programs computed it. */
const signed = tarEntry('\xe9', Buffer.alloc(0));
signed.write('        ', 148, 'latin1');
signed.write(
  `${signed
    .subarray(0, 512)
    .reduce((a, b) => a + (b > 127 ? b - 256 : b), 0)
    .toString(8)
    .padStart(6, '0')}\0 `,
  148,
  'latin1',
);
const tar = (/** @type {Buffer[]} */ ...entries) => Buffer.concat([...entries, TAR_END]);
/**
 * A PAX header of 128 bytes that ends in `last`, and one byte more. When the reader gets it in pieces, it fills the
 * memory of the reader to the last byte.
 */
const cutPax = (/** @type {string} */ last) =>
  tarEntry('x', Buffer.concat([paxRecord('comment', 'x'.repeat(128 - last.length - 13)), Buffer.from(last)]), {
    type: 'x',
  }).subarray(0, 512 + 128 + 1);
/** Archives by the name of the seed. */
export const tars = {
  empty: TAR_END,
  file: tar(tarEntry('a/b', text)),
  two: tar(tarEntry('a', text), tarEntry('b', Buffer.alloc(512, 7)), tarEntry('c')),
  'no-end': tarEntry('a', text),
  'one-zero-block': Buffer.concat([tarEntry('a', text), Buffer.alloc(512)]),
  'junk-behind-end': Buffer.concat([tar(tarEntry('a', text)), Buffer.from('junk')]),
  'cut-in-data': tarEntry('a', Buffer.alloc(600)).subarray(0, 900),
  'cut-in-header': tarEntry('a', text).subarray(0, 300),
  prefix: tar(tarEntry('name', text, { prefix: 'prefix' })),
  'gnu-magic': tar(tarEntry('name', text, { prefix: 'no prefix', magic: 'ustar  \0' })),
  'long-name': tar(tarEntry('L', Buffer.from(`${long}\0`), { type: 'L' }), tarEntry('short', text)),
  'too-long-name': tar(tarEntry('L', Buffer.alloc(1100, 97), { type: 'L' }), tarEntry('short', text)),
  'long-link': tar(tarEntry('K', Buffer.from(long), { type: 'K' }), tarEntry('link', undefined, { type: '2' })),
  pax: tar(
    tarEntry('x', Buffer.concat([paxRecord('path', 'p/q'), paxRecord('mtime', '1.5'), paxRecord('size', '5')]), {
      type: 'x',
    }),
    tarEntry('short', text, { size: `${'0'.repeat(11)}\0` }),
  ),
  'pax-then-long': tar(
    tarEntry('x', paxRecord('path', 'by pax'), { type: 'x' }),
    tarEntry('L', Buffer.from('by L\0'), { type: 'L' }),
    tarEntry('short', text),
  ),
  'long-then-pax': tar(
    tarEntry('L', Buffer.from('by L\0'), { type: 'L' }),
    tarEntry('x', paxRecord('path', 'by pax'), { type: 'x' }),
    tarEntry('short', text),
  ),
  'pax-global': tar(tarEntry('g', paxRecord('comment', 'x'), { type: 'g' }), tarEntry('a', text)),
  'pax-solaris': tar(tarEntry('X', paxRecord('path', 'sun'), { type: 'X' }), tarEntry('a', text)),
  'pax-sparse': tar(tarEntry('x', paxRecord('GNU.sparse.major', '1'), { type: 'x' }), tarEntry('a', text)),
  'pax-no-size': tar(tarEntry('x', paxRecord('size', ''), { type: 'x' }), tarEntry('a', text)),
  'pax-bad-size': tar(tarEntry('x', paxRecord('size', '5x'), { type: 'x' }), tarEntry('a', text)),
  'pax-huge-size': tar(tarEntry('x', paxRecord('size', '999999999999999'), { type: 'x' }), tarEntry('a', text)),
  'pax-length': tar(tarEntry('x', Buffer.from('99 path=a\n'), { type: 'x' })),
  'pax-equals': tar(tarEntry('x', Buffer.from('8 path\n\n'), { type: 'x' })),
  'pax-huge': tarEntry('x', text, { type: 'x', size: '00077777777\0' }),
  'pax-digits-at-end': cutPax('12'),
  'pax-length-0-at-end': cutPax('0 \n'),
  'pax-longer-at-end': cutPax('9 path=\n'),
  'size-256': tar(tarEntry('a', text, { size: size256 })),
  'size-negative': tarEntry('a', text, { size: Buffer.alloc(12, 0xff) }),
  'size-2to60': tarEntry('a', text, { size: Buffer.from('800000001000000000000000', 'hex') }),
  'size-2to53': tarEntry('a', text, { size: Buffer.from('800000000020000000000000', 'hex') }),
  'size-blanks': tar(tarEntry('a', text, { size: '         5  ' })),
  'size-none': tarEntry('a', text, { size: ' '.repeat(12) }),
  'size-junk': tarEntry('a', text, { size: '5 5         ' }),
  'size-12-digits': tarEntry('a', text, { size: '777777777777' }),
  'large-file': tarEntry('a', text, { size: '00400000001\0' }),
  checksum: Buffer.concat([Buffer.from('b'), tarEntry('a', text).subarray(1)]),
  'checksum-none': (() => {
    const bytes = tarEntry('a', text);
    bytes.fill(0x78, 148, 156);
    return bytes;
  })(),
  'checksum-signed': tar(signed),
  kinds: tar(
    ...['1', '2', '3', '4', '5', '6', '7', 'S', 'D', 'V', 'Z', '\0'].map((type) =>
      tarEntry(`kind ${type.charCodeAt(0)}`, undefined, { type }),
    ),
  ),
  'unknown-with-data': tar(tarEntry('a', text, { type: 'Z' }), tarEntry('b', text)),
  'folder-by-name': tar(tarEntry('folder/', text), tarEntry('', text)),
};
