/**
 * person.mjs - Firefox as a person starts it: a profile that stays, service workers allowed, one tab, nothing emulated or
 * intercepted. It is driven over WebDriver BiDi, which every Firefox speaks (--remote-debugging-port).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';

const { ws: WebSocket } = createRequire(import.meta.url)('playwright-core/lib/utilsBundle');

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<string>} where it listens */
function addressOf(child) {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (text) => {
      said += text;
      const address = /WebDriver BiDi listening on (ws:\S+)/.exec(said)?.[1];
      if (address) resolve(address);
    });
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`Firefox ended at its start: ${said}`)));
  });
}

/** Sends commands and gives their results. @param {any} socket */
function commands(socket) {
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  let next = 0;
  socket.on('message', (/** @type {string} */ text) => {
    const { id, type, result, error, message } = JSON.parse(text),
      { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (type === 'error') reject?.(new Error(`${error}: ${message}`));
    else resolve?.(result);
  });
  socket.on('close', () => waiting.forEach(({ reject }) => reject(new Error('Firefox has ended'))));
  return (/** @type {string} */ method, params = {}) =>
    new Promise((resolve, reject) => {
      waiting.set(++next, { resolve, reject });
      socket.send(JSON.stringify({ id: next, method, params }));
    });
}

/** A promise that must settle in time: what is tested here is that nothing hangs. @param {Promise<any>} work @param {string} what */
async function inTime(work, what) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Firefox hangs: ${what}`)), 90_000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** @param {string} executable @param {string} profile  its folder */
export async function startFirefox(executable, profile) {
  const child = spawn(executable, ['--headless', '--no-remote', '--remote-debugging-port=0', '--profile', profile], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit'),
    socket = new WebSocket(`${await inTime(addressOf(child), 'at its start')}/session`);
  await once(socket, 'open');
  const send = commands(socket);
  await send('session.new', { capabilities: {} });
  const {
    contexts: [{ context }],
  } = await send('browsingContext.getTree');
  /** Runs a function in the page. @param {(...args: any[]) => any} work @param {any[]} args */
  const run = async (work, ...args) => {
    const { type, result, exceptionDetails } = await inTime(
      send('script.callFunction', {
        functionDeclaration: `async (args) => JSON.stringify((await (${work})(...JSON.parse(args))) ?? null)`,
        arguments: [{ type: 'string', value: JSON.stringify(args) }],
        target: { context },
        awaitPromise: true,
        userActivation: true,
      }),
      String(work),
    );
    if (type === 'exception') throw new Error(exceptionDetails.text);
    return JSON.parse(result.value);
  };
  return {
    run,
    /** Waits until a function in the page returns true. @param {(...args: any[]) => any} condition @param {any[]} args */
    until: (condition, ...args) =>
      run(
        `async (...args) => {
      while (!(await (${condition})(...args))) await new Promise((resolve) => setTimeout(resolve, 50));
    }`,
        ...args,
      ),
    goto: (/** @type {string} */ url) =>
      inTime(send('browsingContext.navigate', { context, url, wait: 'complete' }), `going to ${url}`),
    reload: () => inTime(send('browsingContext.reload', { context, wait: 'complete' }), 'reloading'),
    async close() {
      send('browser.close').catch(() => {}); // it may end before it answers
      await inTime(ended, 'at its end');
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
