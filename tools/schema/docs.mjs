#!/usr/bin/env node
// @ts-check
/**
 * docs.mjs - the table of models and words in README.md, made from the core's schema.
 *   docs.mjs README.md           rewrites the table
 *   docs.mjs --check README.md   fails where the table is old
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { numberText } from './generate.mjs';

/** @typedef {import('./generate.mjs').Schema} Schema */

const BEGIN = '<!-- words: tools/schema/docs.mjs makes this table from the core -->\n',
  END = '<!-- end of words -->\n';

/**
 * A word as it is written: `conv(filters, kernel, stride=1, pad=0, bias=yes)`.
 * @param {Schema['words'][number]} word
 */
function form({ word, contents, arguments: list }) {
  const isFlag = (/** @type {{ min: number, max: number, whole?: boolean }} */ a) =>
    a.whole && a.min === 0 && a.max === 1;
  const names = list.map((argument) => {
    if (argument.default === undefined) return argument.name;
    return `${argument.name}=${isFlag(argument) ? (argument.default ? 'yes' : 'no') : numberText(argument.default)}`;
  });
  const inside = contents?.replace('|', '\\|') ?? names.join(', ');
  return inside ? `${word}(${inside})` : word;
}

/** @param {Schema} schema @returns {string} a table in Markdown */
export function wordsTable({ models, words }) {
  const rows = [
    ...models.map(({ name, line }) => [name, `model: \`${line.replaceAll('|', '\\|')}\``]),
    ...words.map((word) => [form(word), word.meaning]),
  ];
  return `| line | |\n|---|---|\n${rows.map(([line, meaning]) => `| \`${line}\` | ${meaning} |\n`).join('')}`;
}

/** The text with a new table. @param {string} text @param {Schema} schema */
export function renewed(text, schema) {
  const from = text.indexOf(BEGIN),
    to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`there is no table between ${BEGIN.trim()} and ${END.trim()}`);
  return `${text.slice(0, from)}${BEGIN}${wordsTable(schema)}${text.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv[2] === '--check',
    path = process.argv.slice(check ? 3 : 2)[0],
    schema = JSON.parse(readFileSync(new URL('../../build/schema.json', import.meta.url), 'utf8'));
  const before = readFileSync(path, 'utf8'),
    after = renewed(before, schema);
  if (!check) writeFileSync(path, after);
  else if (before !== after) {
    console.error(`${path}: its table of words is old: node tools/schema/docs.mjs ${path}`);
    process.exitCode = 1;
  }
}
