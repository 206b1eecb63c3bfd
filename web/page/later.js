// @ts-check
/** later.js - starts the parts that the page does not need in its first second. */
import { showMessage, showError, orShowError, t } from './app.js';
import { startAwake } from './awake.js';
import { loadFiles } from './data.js';
import { byId } from './dom.js';
import { startExports } from './exports.js';
import { startInside } from './inside.js';
import { startKeep } from './keep.js';
import { startKeys } from './keys.js';
import { droppedFiles } from './listing.js';
import { startMidrun } from './midrun.js';
import { startMistakes } from './mistakes.js';
import { startOffline, startServiceWorker } from './offline.js';
import { readFile } from './pad.js';
import { fetchStyle, loadPart } from './parts.js';
import { startPlanNote } from './plan-note.js';
import { startRuns } from './runs.js';
import { startShare } from './share.js';
import { startTimes } from './times.js';
import { startTheme } from './theme.js';
import { startTour } from './tour.js';
import './words.js';

/** Names of data sets: archives and tables, also of kinds that cannot be read, so that the core can name the kind. */
const DATA_NAMES =
  /\.(tar|gz|tgz|zip|npz|npy|t?xz|t?bz2|t?zst|lz4|7z|rar|csv|tsv|arff|mat|pkl|pickle|h5|hdf5|parquet)$|ubyte/i;

/**
 * One picture that is no archive is a digit to read; everything else is data.
 * @param {import('../core/batches.js').Listed[] | null} files  null: many
 */
function digitOf(files) {
  if (files?.length !== 1 || files[0].path.includes('/') || DATA_NAMES.test(files[0].path)) return null;
  return files[0].file;
}

/** Files can be dropped anywhere on the page. */
function startDrop() {
  for (const type of ['dragenter', 'dragover'])
    addEventListener(type, (event) => {
      event.preventDefault();
      byId('drop-hint').hidden = false;
    });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) byId('drop-hint').hidden = true;
  });
  addEventListener(
    'drop',
    orShowError(async (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      byId('drop-hint').hidden = true;
      showMessage('');
      if (!event.dataTransfer) return;
      try {
        const listing = droppedFiles(event.dataTransfer),
          digit = digitOf(await listing.few());
        await (digit ? readFile(digit) : loadFiles(listing));
      } catch (error) {
        showMessage(t('drop.unreadable', { message: /** @type {Error} */ (error).message }));
      }
    }),
  );
}

/** On a phone the settings are folded, so that the curves come first. */
function startFolds() {
  const narrow = matchMedia('(max-width: 45rem)');
  const fold = () =>
    document.querySelectorAll('.setup .fold, #runs').forEach((d) => {
      /** @type {HTMLDetailsElement} */ (d).open = !narrow.matches;
    });
  if (narrow.matches) fold();
  narrow.addEventListener('change', fold);
}

export async function startLater() {
  loadPart('style', () => fetchStyle(new URL('../panels.css', import.meta.url), '--panels-end')).catch(showError);
  startDrop();
  startFolds();
  startTheme();
  startMistakes();
  startInside();
  startMidrun();
  startAwake();
  startExports();
  startPlanNote();
  startShare();
  startKeys();
  startTour();
  startOffline();
  startKeep();
  await startRuns();
  startTimes();
  document.documentElement.dataset.ready = '';
  startServiceWorker().catch(() => {}); // refused: training uses one thread, as the footer shows
}
