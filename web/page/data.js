// @ts-check
/** data.js - choosing the data set, and telling what was loaded. */
import { byId, make, setText, showPicture, thousands } from './dom.js';

/** @typedef {(source: import('../protocol.js').Source) => Promise<boolean | null>} Load
 * true: the set is there now; null: another was asked for meanwhile */

/** The data set that every site holds; `data/index.json` lists all. */
const BUILT_IN = 'data/digits.tar.gz';

/**
 * All files below what was dropped or chosen, with their paths.
 * @param {FileSystemEntry} entry
 * @param {{ path: string, file: File }[]} found
 */
async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ''), file });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) { // a reader hands out at most 100 at a time
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const child of some) await walk(child, found);
  }
}

/**
 * @param {DataTransfer} transfer
 * @returns {Promise<{ path: string, file: File }[]>}
 */
export async function droppedFiles(transfer) {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter((e) => !!e);
  if (entries.length === 0) return Array.from(transfer.files, (file) => ({ path: file.name, file }));
  /** @type {{ path: string, file: File }[]} */
  const found = [];
  for (const entry of entries) await walk(/** @type {FileSystemEntry} */ (entry), found);
  return found;
}

/** @param {import('../protocol.js').LoadReport} report */
export function showReport(report) {
  setText(byId('data-summary'), `${report.name}: ${thousands(report.train)} pictures to learn from, ${thousands(report.valid)} to be tested on, `
    + `${report.classes.length} classes (${report.classes.slice(0, 12).join(', ')}${report.classes.length > 12 ? ', …' : ''}), read in ${report.seconds.toFixed(1)} s.`);
  showProblems(report.skipped, report.problems);
}

/** @param {number} skipped  @param {{ path: string, reason: string }[]} problems */
export function showProblems(skipped, problems) {
  const details = byId('load-report');
  details.hidden = skipped === 0;
  setText(/** @type {HTMLElement} */ (details.querySelector('summary')), `${thousands(skipped)} ${skipped === 1 ? 'file was' : 'files were'} skipped`);
  const lines = problems.map(({ path, reason }) => make('li', {}, `${path}: ${reason}`));
  if (skipped > problems.length) lines.push(make('li', {}, `and ${thousands(skipped - problems.length)} more`));
  details.querySelector('ul')?.replaceChildren(...lines);
}

/** @param {Uint8Array[]} pictures  @param {string[]} [names]  of their classes */
export function showMosaic(pictures, names) {
  const mosaic = byId('mosaic');
  mosaic.replaceChildren(...pictures.map((pixels, i) => {
    const canvas = make('canvas', { width: '28', height: '28' });
    showPicture(canvas, pixels);
    if (names) canvas.title = names[i];
    return canvas;
  }));
  if (names) mosaic.setAttribute('aria-label', `A batch, in the order of the pictures: ${names.join(', ')}`);
  mosaic.hidden = pictures.length === 0;
}

/**
 * @param {Load} load
 * @param {(message: string) => void} complain
 */
export async function startData(load, complain) {
  const choice = /** @type {HTMLSelectElement} */ (byId('data-choice'));
  choice.addEventListener('change', () => {
    if (choice.value !== 'own') loadSet(choice.selectedOptions[0], load);
  });
  for (const id of ['data-files', 'data-folder']) {
    const input = /** @type {HTMLInputElement} */ (byId(id));
    input.addEventListener('change', () => {
      const files = Array.from(input.files ?? [], (file) => ({ path: file.webkitRelativePath || file.name, file }));
      input.value = '';
      loadFiles(files, load, complain);
    });
  }
  byId('url-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const text = /** @type {HTMLInputElement} */ (byId('data-url')).value.trim();
    if (!text) return complain('Please write the address of an archive, for example data/mine.tar.gz.');
    const url = URL.canParse(text, document.baseURI) ? new URL(text, document.baseURI) : null;
    if (url?.origin !== location.origin)
      return complain(`Only addresses on this site (${location.origin}) can be loaded: download the file and open it instead.`);
    loadOwn({ kind: 'url', url: url.href, name: url.pathname.split('/').pop() || text }, load);
  });
  loadSet(choice.options[0], load);
  /** @type {{ url: string, name: string }[]} */
  const sets = await fetch('data/index.json').then((r) => r.json()).catch(() => []);
  for (const { url, name } of sets) if (url !== BUILT_IN) choice.append(make('option', { value: url }, name));
}

/**
 * @param {{ path: string, file: File }[]} files
 * @param {Load} load
 * @param {(message: string) => void} complain
 */
export function loadFiles(files, load, complain) {
  if (files.length === 0) return complain('There are no files in that folder.');
  const name = files.length === 1 ? files[0].path : `${files[0].path.split('/')[0]} (${thousands(files.length)} files)`;
  loadOwn({ kind: 'files', files, name }, load);
}

/** What the choice shows: the set that is there. */
let there = BUILT_IN;

/** @param {HTMLOptionElement} option  @param {Load} load */
async function loadSet(option, load) {
  const loaded = await load({ kind: 'url', url: new URL(option.value, document.baseURI).href, name: option.text });
  if (loaded === null) return;
  if (loaded) there = option.value;
  /** @type {HTMLSelectElement} */ (byId('data-choice')).value = there;
}

/** @param {import('../protocol.js').Source} source  @param {Load} load */
async function loadOwn(source, load) {
  const choice = /** @type {HTMLSelectElement} */ (byId('data-choice'));
  if (!await load(source)) return;
  choice.querySelector('[value=own]')?.remove();
  choice.append(make('option', { value: 'own' }, source.name));
  choice.value = there = 'own';
}
