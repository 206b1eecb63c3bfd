// @ts-check
/**
 * page.mjs - a network as one HTML file, which reads pictures from any site or disk, without a server and without
 * requests: predictor.html with the engine, its module and the network written into it. The module is the one that
 * reads pictures here, so both give the same answers.
 */
import { readFileSync } from 'node:fs';
import { chooseModule } from '../node/node.mjs';
import { inScript } from './quote.mjs';

const TEMPLATE = readFileSync(new URL('predictor.html', import.meta.url), 'utf8');

/** The sources that the page's script uses, which become part of it: each after those that it imports. */
const SOURCES = [
  new URL('../../build/schema.js', import.meta.url),
  new URL('../../web/core/imports.js', import.meta.url),
  new URL('../../web/core/engine/calls.js', import.meta.url),
  new URL('../../web/core/engine/support.js', import.meta.url),
  new URL('../../web/core/engine/data.js', import.meta.url),
  new URL('../../web/core/engine/training.js', import.meta.url),
  new URL('../../web/core/engine/looking.js', import.meta.url),
  new URL('../../web/core/engine.js', import.meta.url),
  new URL('../../web/core/sources/photo.js', import.meta.url),
];

/** A module's source without its imports and exports. @param {URL} place */
const sourceOf = (place) =>
  readFileSync(place, 'utf8')
    .replace(/^export \{.*\};$/gm, '')
    .replace(/^export /gm, '')
    .replace(/^import .*/gm, '');

/**
 * Puts a text in the place of the comment of the template that begins with `word`.
 * @param {string} template @param {string} word @param {string} text
 */
function fill(template, word, text) {
  const start = template.indexOf(`/* ${word}:`),
    end = template.indexOf('*/', start) + 2;
  return template.slice(0, start) + text + template.slice(end);
}

/** @param {import('../../web/core/trainer.js').Trainer} trainer  with the network */
export function predictorPage(trainer) {
  const module = readFileSync(chooseModule({ threads: 1, arithmetic: 'deterministic' }).path).toString('base64'),
    network = Buffer.from(trainer.engine.save(false)).toString('base64');
  const data = `const CLASSES = ${inScript(trainer.engine.classes())}, NETWORK = '${network}', MODULE = '${module}';`;
  const engine = SOURCES.map(sourceOf).join('');
  return new TextEncoder().encode(fill(fill(TEMPLATE, 'ENGINE', engine), 'DATA', data));
}
