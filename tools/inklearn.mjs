#!/usr/bin/env node
// @ts-check
/**
 * inklearn.mjs - the command line: `inklearn.mjs --help`. Each command is a file in commands/.
 *
 * Exit codes: 0 done; 1 refused or failed, with one sentence; 2 a command or option that there is
 * not; 3 the run diverged; 129, 130 and 143 stopped by a closed terminal, Ctrl-C or a termination, after saving.
 */
import { EngineError } from '../web/core/engine.js';
import { reasonOf } from './cli/files.mjs';
import { nearest } from './package/nearest.mjs';
import { listOptions, readOptions, UsageError } from './cli/options.mjs';
import { Output, plain } from './cli/output.mjs';

/**
 * @typedef {object} Command
 * @property {string} summary
 * @property {string} [files]  what may follow the options
 * @property {Record<string, import('./cli/options.mjs').Option>} options
 * @property {(options: import('./cli/options.mjs').Options, files: string[]) => Promise<number | void>} run  an exit
 *   code, 0 where it gives none
 */

const COMMANDS = ['train', 'evaluate', 'predict', 'lr-find', 'compare', 'export', 'info', 'bench'];

/** @param {string} name @returns {Promise<Command>} */
const loadCommand = (name) => import(`./cli/commands/${name}.mjs`);

async function overview() {
  const lines = await Promise.all(
    COMMANDS.map(async (name) => `  ${name.padEnd(10)}${(await loadCommand(name)).summary}\n`),
  );
  return `usage: inklearn COMMAND [options]\n\n${lines.join('')}\ninklearn COMMAND --help lists the options of a command.\n`;
}

/** @param {string} name @param {Command} command */
const help = (name, command) =>
  `usage: inklearn ${name} [options]${command.files ? ` ${command.files}` : ''}\n\n${command.summary}\n\n${listOptions(command.options)}`;

/** @param {string[]} args */
async function main([name, ...args]) {
  if (name === undefined || name === '--help' || name === '-h') {
    process[name ? 'stdout' : 'stderr'].write(await overview());
    return name ? 0 : 2;
  }
  if (!COMMANDS.includes(name)) {
    const near = nearest(name, COMMANDS);
    throw new UsageError(`there is no command '${name}'${near ? `; did you mean ${near}?` : ''}`);
  }
  const command = await loadCommand(name);
  const { options, files } = readOptions(args, command.options, command.files !== undefined);
  if (options.help) {
    process.stdout.write(help(name, command));
    return 0;
  }
  Output.goesOn = Object.entries(command.options).some(([option, { writes }]) => writes && options[option]);
  return (await command.run(options, files)) ?? 0;
}

/**
 * Prints an error and returns the exit code. An unexpected error is a fault of the program and is shown with its stack.
 * @param {any} error
 */
function explain(error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${plain(error.message)}\n`);
    return 2;
  }
  if (!(error instanceof EngineError) && !error?.syscall) throw error;
  const { code, message } =
    error instanceof EngineError
      ? error
      : { code: 'argument', message: `${error.path ?? error.syscall}: ${reasonOf(error)}` };
  new Output(process.argv.includes('--json')).emit({ event: 'error', code, message });
  process.stderr.write(`${plain(message)}\n`);
  return 1;
}

Output.watch();
const code = await main(process.argv.slice(2)).catch(explain);
process.exitCode = code || Number(Output.failed);
