// @ts-check
/**
 * zip-names.js - the names of the entries of a zip archive, as text with '/' between folders.
 *
 * A name is UTF-8 where the entry says so. Other names do not state their encoding: they are read as UTF-8 if all of
 * the archive's names are valid UTF-8 (Linux, macOS), and as code page 437 otherwise (Windows). Both turn different
 * bytes into different text, so two names never become one. Info-ZIP's Unicode path takes precedence where it belongs
 * to the name.
 */
import { crc32 } from './crc32.js';

/** The characters of the bytes 128 to 255 in code page 437. */
const CODE_PAGE_437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';
const ENTRY_BYTES = 46,
  IS_UTF8 = 1 << 11,
  UNICODE_PATH = 0x7075;
/** Systems whose programs may write '\' between folders: MS-DOS, OS/2, NTFS, VFAT. */
const BACKSLASH_SYSTEMS = [0, 6, 10, 14];
const SLASH = 0x2f,
  BACKSLASH = 0x5c;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** @param {Uint8Array} bytes @returns {string | null} null: it is no UTF-8 */
function fromUtf8(bytes) {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** @param {Uint8Array} bytes */
const fromCodePage = (bytes) =>
  Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : CODE_PAGE_437[byte - 128])).join('');

/** @param {Uint8Array} directory  of an archive */
export function zipNames(directory) {
  const view = new DataView(directory.buffer, directory.byteOffset, directory.byteLength);
  let othersAreUtf8 = true;
  const rawAt = (/** @type {number} */ at) =>
    directory.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + view.getUint16(at + 28, true));

  /** @param {number} at @param {Uint8Array} raw */
  function unicodePath(at, raw) {
    const from = at + ENTRY_BYTES + raw.length,
      to = from + view.getUint16(at + 30, true);
    for (let field = from; field + 9 <= to; field += 4 + view.getUint16(field + 2, true)) {
      const end = field + 4 + view.getUint16(field + 2, true);
      if (view.getUint16(field, true) !== UNICODE_PATH || end > to || end < field + 9) continue;
      if (directory[field + 4] === 1 && view.getUint32(field + 5, true) === crc32(raw))
        return fromUtf8(directory.subarray(field + 9, end));
    }
    return null;
  }

  return {
    /** Must be called for each entry before names are asked for. @param {number} at  in the directory */
    add(at) {
      const raw = rawAt(at);
      if (othersAreUtf8 && !(view.getUint16(at + 8, true) & IS_UTF8) && raw.some((byte) => byte > 127))
        othersAreUtf8 = fromUtf8(raw) !== null;
    },

    /** @param {number} at */
    isFolder(at) {
      const raw = rawAt(at),
        last = raw[raw.length - 1];
      return (
        last === SLASH || (last === BACKSLASH && BACKSLASH_SYSTEMS.includes(directory[at + 5]) && !raw.includes(SLASH))
      );
    },

    /** @param {number} at */
    at(at) {
      const raw = rawAt(at),
        isUtf8 = view.getUint16(at + 8, true) & IS_UTF8;
      const name = unicodePath(at, raw) ?? (isUtf8 || othersAreUtf8 ? fromUtf8(raw) : null) ?? fromCodePage(raw);
      return BACKSLASH_SYSTEMS.includes(directory[at + 5]) && !name.includes('/') ? name.replaceAll('\\', '/') : name;
    },
  };
}
