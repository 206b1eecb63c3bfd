/** reports.mjs - the goldens of the reports on predictions: confusion matrix and top losses. */
import { flags, needClasses, needCount } from './plan.mjs';

export const REPORTS = {
  confusion: (p, inputs) => {
    needCount(inputs, 'target', p.n);
    needCount(inputs, 'pred', p.n);
    needClasses(inputs.target, p.classes);
    needClasses(inputs.pred, p.classes);
    return { ask: { op: 'confusion', ...inputs, ...flags(p) } };
  },
  top_losses: (p, inputs) => {
    needCount(inputs, 'logits', p.n * p.classes);
    needCount(inputs, 'target', p.n);
    needClasses(inputs.target, p.classes);
    if (!(p.k <= p.n)) throw new Error(`k = ${p.k} of ${p.n}`);
    return { ask: { op: 'top_losses', ...inputs, ...flags(p) } };
  },
};
