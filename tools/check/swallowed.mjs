// @ts-check
/**
 * swallowed.mjs - an ESLint rule: `.catch(() => {})`, and `.catch(() => null)` or the like, need a comment on
 * their lines or on the line before. It says who tells the user, or why nobody has to.
 */

/** @param {any} node  of the syntax tree: what the handler returns */
const isNothing = (node) =>
  (node.type === 'Literal' && !node.value) || (node.type === 'Identifier' && node.name === 'undefined');

/** Says if a handler ignores the error. @param {any} handler */
const swallows = (handler) =>
  /Function/.test(handler?.type ?? '') &&
  handler.params.length === 0 &&
  (handler.body.type === 'BlockStatement' ? handler.body.body.length === 0 : isNothing(handler.body));

/** @type {import('eslint').Rule.RuleModule} */
export default {
  meta: {
    type: 'problem',
    schema: [],
    messages: { silent: 'The error is swallowed: add a comment that says who reports it, or why nobody has to.' },
  },
  create(context) {
    const { sourceCode } = context,
      comments = sourceCode.getAllComments();
    return {
      'CallExpression[callee.property.name="catch"]'(/** @type {any} */ node) {
        if (!swallows(node.arguments[0])) return;
        const first = node.callee.property.loc.start.line - 1,
          last = node.loc.end.line;
        const isNear = (/** @type {any} */ { loc }) => loc.end.line >= first && loc.start.line <= last;
        if (!comments.some((/** @type {any} */ comment) => comment.loc && isNear(comment)))
          context.report({ node: node.callee.property, messageId: 'silent' });
      },
    };
  },
};
