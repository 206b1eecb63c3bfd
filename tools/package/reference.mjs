#!/usr/bin/env node
// @ts-check
/**
 * reference.mjs - the reference of the JavaScript API, from the comments in index.d.ts and, for the settings, in
 * build/schema.d.ts.
 *   tools/package/reference.mjs >assets/docs/api.md
 */
import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** @param {string} path  from here */
const parse = (path) =>
  ts.createSourceFile(path, readFileSync(new URL(path, import.meta.url), 'utf8'), ts.ScriptTarget.Latest, true);
const source = parse('index.d.ts'),
  schema = parse('../../build/schema.d.ts');

/** Its comment, with what is the default and what is thrown. @param {ts.Node} node */
function commentOf(node) {
  const doc = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc);
  if (!doc) return '';
  const tags = (doc.tags ?? []).map((tag) => {
    const text = ts.getTextOfJSDocComment(tag.comment) ?? '';
    return tag.tagName.text === 'throws'
      ? `Rejects with ${tag
          .getText()
          .replace(/^@throws\s*/, '')
          .replace(/[\s*/]+$/, '')
          .replace(/\s*\n\s*\*\s*/g, ' ')}.`
      : `Default: ${text}.`;
  });
  return [ts.getTextOfJSDocComment(doc.comment) ?? '', ...tags]
    .join(' ')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.\.(?=$| )/g, '.')
    .trim();
}

/** As it stands there, on one line. @param {ts.Node} node */
const signature = (node) =>
  node
    .getText()
    .replace(/^(?:export|declare|readonly|static) /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/;$/, '');

/** @param {ts.Node} node */
const isPrivate = (node) =>
  ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.PrivateKeyword);

/** @param {ts.NodeArray<ts.Node>} members */
const list = (members) =>
  members
    .filter((m) => !isPrivate(m) && !/^addEventListener/.test(m.getText()))
    .map((m) => `- \`${signature(m)}\`${commentOf(m) ? `: ${commentOf(m)}` : ''}\n`)
    .join('');

/**
 * Returns the declarations that index.d.ts exports from the schema.
 * @param {ts.Statement} node
 * @returns {ts.Statement}
 */
function declarationOf(node) {
  if (!ts.isExportDeclaration(node)) return node;
  const names = /** @type {ts.NamedExports} */ (node.exportClause).elements.map(({ name }) => name.text);
  return schema.statements.find((other) => ts.isInterfaceDeclaration(other) && names.includes(other.name.text)) ?? node;
}

/** @param {ts.Statement} node @returns {string} */
function section(node) {
  if (ts.isFunctionDeclaration(node))
    return `## ${node.name?.text}\n\n\`\`\`ts\n${signature(node)}\n\`\`\`\n\n${commentOf(node)}\n`;
  if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) {
    const from = (node.heritageClauses ?? []).map((clause) => ` ${clause.getText()}`).join('');
    return `## ${node.name?.text}\n\n${commentOf(node)}${from && ts.isClassDeclaration(node) ? ` (\`class${from}\`)` : ''}\n\n${list(/** @type {ts.NodeArray<ts.Node>} */ (node.members))}`;
  }
  if (ts.isTypeAliasDeclaration(node))
    return `## ${node.name.text}\n\n${commentOf(node)}\n\n\`\`\`ts\n${node.getText().replace(/^export /, '')}\n\`\`\`\n`;
  return '';
}

/** Sorts declarations by how early a reader needs them. @param {ts.Statement} node */
const place = (node) =>
  ts.isFunctionDeclaration(node) ? 0 : ts.isClassDeclaration(node) && node.name?.text === 'Trainer' ? 1 : 2;

const head = /** @type {RegExpMatchArray} */ (source.text.match(/\/\*\*\n([^]*?)\*\//))[1]
  .split('\n')
  .map((line) => line.replace(/^ \* ?/, ''))
  .join('\n')
  .trim();
const statements = source.statements
  .map(declarationOf)
  .sort((a, b) => place(a) - place(b))
  .map(section)
  .filter(Boolean);
process.stdout.write(
  `<!-- Made by tools/package/reference.mjs from tools/package/index.d.ts and the core's schema: change those. -->\n# JavaScript API\n\n${head}\n\n${statements.join('\n')}`,
);
