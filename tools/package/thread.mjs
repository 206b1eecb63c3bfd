// @ts-check
/** thread.mjs - a host in a thread of Node. */
import { parentPort, workerData } from 'node:worker_threads';
import { startHost } from './host.mjs';

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const { answer } = startHost(workerData, (report, transfer) => port.postMessage(report, /** @type {any} */ (transfer)));
port.on('message', (request) => void answer(request)); // a failure is reported to the other side, as the answer
