// @ts-check
/**
 * folder.mjs - lists the files under a folder of the disk. Symbolic links are followed, as in torchvision. Files that
 * cannot be read are listed too, with the reason, so that the load counts and names them.
 */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';

/** The most links to folders that are followed: links to each other could make endless paths from few folders. */
const LINKS_MOST = 10000;

/**
 * A file; `name` is its path from the name of the given folder on, with slashes.
 * @typedef {{ path: string, name: string, size: number, reason?: string }} Found  reason: why it cannot be read
 */

/** Returns why a file or folder of the disk cannot be read. @param {unknown} error  null: it has become shorter */
export function reasonOf(error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error ?? {});
  return code === 'ENOENT'
    ? 'the file is no longer there'
    : code === 'EACCES' || code === 'EPERM'
      ? 'there is no permission to read it'
      : code === 'EISDIR'
        ? 'it is a folder'
        : code === 'ELOOP'
          ? 'it is a symbolic link that leads back to itself'
          : error
            ? `it cannot be read: ${message}`
            : 'it became shorter while it was read';
}

/** Names the kind of a path that is neither a file nor a folder. @param {import('node:fs').Stats} info */
const kindOf = (info) => (info.isFIFO() ? 'a pipe' : info.isSocket() ? 'a socket' : 'a device');

/**
 * Returns a folder's name for the names of its files. A person chose the folder: if its name begins with a dot, the
 * core would take all of its files for hidden ones.
 * @param {string} path
 */
function nameOf(path) {
  const name = basename(resolve(path));
  return /^\.|^__MACOSX$/i.test(name) ? '.' : name;
}

/**
 * @param {string} path  of a folder
 * @returns {Promise<Found[]>} the files of each folder in the order of their names
 */
export async function filesUnder(path) {
  /** @type {Found[]} */
  const found = [];
  let links = 0;

  /**
   * @param {string} from
   * @param {string} name
   * @param {string[]} above  the real paths of the folder and of those that it is in
   */
  async function walk(from, name, above) {
    /** @type {import('node:fs').Dirent[]} */
    let items;
    try {
      items = await readdir(from, { withFileTypes: true });
    } catch (error) {
      found.push({ path: from, name, size: 0, reason: reasonOf(error) });
      return;
    }
    for (const item of items.sort((a, b) => (a.name < b.name ? -1 : 1)))
      await take(item, `${from}/${item.name}`, `${name}/${item.name}`, above);
  }

  /** @param {import('node:fs').Dirent} item @param {string} at @param {string} name @param {string[]} above */
  async function take(item, at, name, above) {
    const skip = (/** @type {string} */ reason) => void found.push({ path: at, name, size: 0, reason });
    /** @type {import('node:fs').Stats} */
    let info;
    try {
      info = await stat(at);
    } catch (error) {
      const dangling = item.isSymbolicLink() && /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT';
      return skip(dangling ? 'it is a symbolic link to a file that is not there' : reasonOf(error));
    }
    if (info.isFile()) return void found.push({ path: at, name, size: info.size });
    if (!info.isDirectory()) return skip(`it is ${kindOf(info)}, not a file`);
    if (!item.isSymbolicLink()) return walk(at, name, [...above, await realpath(at)]);
    const real = await realpath(at);
    if (above.includes(real)) return skip('it is a symbolic link to a folder that it is in');
    if (++links > LINKS_MOST)
      return skip(`more than ${LINKS_MOST} symbolic links to folders; the rest are not followed`);
    return walk(at, name, [...above, real]);
  }

  await walk(path, nameOf(path), [await realpath(path)]);
  return found;
}
