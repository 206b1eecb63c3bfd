#!/usr/bin/env node
// @ts-check
/**
 * serve.mjs - serves the site to the browsers of this machine, with the headers that a host should send.
 *   serve.mjs [folder] [--port 8000] [--open]
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { answerFrom } from './static.mjs';

/** @param {string} folder */
export const createSite = (folder) => createServer(answerFrom(folder));

/**
 * Listens on the port, or on the next free one of the ten after it.
 * @param {import('node:http').Server} server
 * @param {number} port
 * @returns {Promise<number>}
 */
export function listen(server, port) {
  return new Promise((resolve, reject) => {
    let last = port;
    server.on('error', (error) => {
      if (/** @type {any} */ (error).code === 'EADDRINUSE' && last < Math.min(port + 10, 65535))
        server.listen(++last, 'localhost');
      else reject(error);
    });
    server.on('listening', () => resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port));
    server.listen(port, 'localhost');
  });
}

/** @param {string} message  @returns {never} */
function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { port: { type: 'string', default: '8000' }, open: { type: 'boolean', default: false } },
    });
    const folder = positionals[0] ?? 'build/site',
      wanted = Number(values.port);
    if (!existsSync(folder)) refuse(`${folder} is not there: build it with \`make site\``);
    if (!/^\d+$/.test(values.port) || wanted > 65535)
      refuse(`--port ${values.port}: a port is a whole number from 0 to 65535`);
    return { folder, wanted, open: values.open };
  } catch (error) {
    return refuse(`${/** @type {Error} */ (error).message}\nUsage: serve.mjs [folder] [--port 8000] [--open]`);
  }
}

if (process.argv[1]?.endsWith('serve.mjs')) {
  const { folder, wanted, open } = readArguments();
  const port = await listen(createSite(folder), wanted).catch((error) => {
    const busy = error.code === 'EADDRINUSE';
    return refuse(
      busy
        ? `Port ${wanted} and those after it are busy: choose another with --port`
        : `The server could not start on port ${wanted}: ${error.message}`,
    );
  });
  const address = `http://localhost:${port}`;
  process.stdout.write(`Inklearn is at ${address} (Ctrl-C ends it)\n`);
  if (open && (process.env.DISPLAY || process.env.WAYLAND_DISPLAY || process.platform === 'darwin'))
    spawn(process.platform === 'darwin' ? 'open' : 'xdg-open', [address], { stdio: 'ignore', detached: true })
      .on('error', () => {})
      .unref();
}
