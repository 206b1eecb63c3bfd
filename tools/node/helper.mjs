// @ts-check
/** helper.mjs - helper.js as Node starts it. */
import { workerData } from 'node:worker_threads';
import { help } from '../../web/core/helper.js';

help(workerData);
