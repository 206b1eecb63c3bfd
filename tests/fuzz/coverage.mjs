/**
 * coverage.mjs - how many lines of some sources the stored corpus of a parser reaches; fails below 90 %.
 *   coverage.mjs <parser> <source>...
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const LEAST = 90;
const [parser, ...sources] = process.argv.slice(2);
const folder = `tests/fuzz/corpus/${parser}/`,
  program = `build/fuzz/cover-${parser}`,
  profile = `${program}.profraw`;
const llvm = process.env.LLVM_BIN ? `${process.env.LLVM_BIN}/` : '';

/** @param {string} command @param {string[]} args @param {Buffer} [input] */
function run(command, args, input) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    input,
    maxBuffer: 1 << 28,
    env: { ...process.env, LLVM_PROFILE_FILE: profile },
  });
  if (status !== 0) throw new Error(`${command}: ${error ?? stderr}`);
  return stdout.toString();
}

run(
  program,
  [],
  Buffer.concat(
    readdirSync(folder).flatMap((name) => {
      const bytes = readFileSync(folder + name),
        head = Buffer.alloc(4);
      head.writeUInt32LE(bytes.length);
      return [head, bytes];
    }),
  ),
);
run(`${llvm}llvm-profdata`, ['merge', '-sparse', profile, '-o', `${program}.profdata`]);
const report = JSON.parse(
  run(`${llvm}llvm-cov`, ['export', '-summary-only', program, `-instr-profile=${program}.profdata`, ...sources]),
);
for (const {
  filename,
  summary: { lines },
} of report.data[0].files) {
  console.log(
    `${parser.padEnd(12)} ${filename.replace(`${process.cwd()}/`, '').padEnd(22)} ${String(lines.covered).padStart(4)} of ${String(lines.count).padStart(4)} lines, ${lines.percent.toFixed(1)} %`,
  );
  if (lines.percent < LEAST) process.exitCode = 1;
}
