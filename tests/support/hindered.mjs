/**
 * hindered.mjs - browsers that lack something, and hosts that send something else: what the tests of the start do to a
 * page.
 */

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {(page: Page) => Promise<unknown>} Hinder */

/** @param {string} name  of scripts @param {string} code  that runs before them @returns {Hinder} */
const prepend = (name, code) => (page) =>
  page.route(`**/${name}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${code};${await response.text()}` });
  });

/** Makes the trainer's worker report that SIMD is missing. @param {string} worker */
export const withoutSimd = (worker) => prepend(worker, 'WebAssembly.validate = () => false');
/** @param {string} worker */
export const withoutWebAssembly = (worker) => prepend(worker, 'delete globalThis.WebAssembly');
/** There is no room for it, whatever its size. @param {string} worker */
export const withoutSharedMemory = (worker) =>
  prepend(
    worker,
    `const { Memory } = WebAssembly;
WebAssembly.Memory = class extends Memory {
  constructor(wanted) {
    if (wanted.shared) throw new RangeError('WebAssembly.Memory(): could not allocate memory');
    super(wanted);
  }
}`,
  );

/** Workers of that name cannot be started. @param {string} name @returns {Hinder} */
export const withoutWorkers = (name) => (page) =>
  page.addInitScript((refused) => {
    const { Worker } = globalThis;
    /** @type {any} */ (globalThis).Worker = class extends Worker {
      /** @param {any} address @param {WorkerOptions} options */
      constructor(address, options) {
        if (String(address).includes(refused)) throw new Error('no more threads');
        super(address, options);
      }
    };
  }, name);

/** They start, and fail before they do anything. @param {string} name */
export const withDyingWorkers = (name) => prepend(name, "throw new Error('dead')");

/** @typedef {Parameters<import('playwright-core').Route['fulfill']>[0]} Answer */
/** @param {string} files @param {Answer} answer @returns {Hinder} */
const answerWith = (files, answer) => (page) => page.route(files, (route) => route.fulfill(answer));
/** @param {string} files */
export const notFound = (files) => answerWith(files, { status: 404, body: 'not found' });
/** @param {string} files */
export const pageInstead = (files) => answerWith(files, { contentType: 'text/html', body: '<!doctype html>' });
/** @param {string} files @returns {Hinder} */
export const noConnection = (files) => (page) => page.route(files, (route) => route.abort('connectionreset'));

/** Their first half. @param {string} files @returns {Hinder} */
export const cutShort = (files) => (page) =>
  page.route(files, async (route) => {
    const response = await route.fetch(),
      body = await response.body();
    await route.fulfill({ response, body: body.subarray(0, body.length >> 1) });
  });

/** Sent with that type, or without one. @param {string} files @param {string} [type] @returns {Hinder} */
export const ofType = (files, type) => (page) =>
  page.route(files, async (route) => {
    const response = await route.fetch(),
      headers = response.headers();
    delete headers['content-type'];
    await route.fulfill({ response, headers: { ...headers, ...(type && { 'content-type': type }) } });
  });

/** Scripts under a policy that allows no WebAssembly. @param {string} files @returns {Hinder} */
export const underPolicy = (files) => (page) =>
  page.route(files, async (route) => {
    const response = await route.fetch(),
      policy = { 'content-security-policy': "script-src 'self'" };
    await route.fulfill({ response, headers: { ...response.headers(), ...policy } });
  });
