/** training.mjs - the goldens of training: loss, optimisers, schedules, the search for a learning rate. */
import { flags, needClasses, needCount } from './plan.mjs';

/** Given gradients for an optimiser; `kind` is a number of ink_optimizer_kind. */
function optimizerPlan(kind, inputs, steps, settings) {
  if (!inputs.p0?.length) throw new Error('there are no parameters p0');
  needCount(inputs, 'grads', inputs.p0.length * steps);
  return { ask: { op: 'optimizer', kind, ...inputs, ...settings } };
}
const adamPlan = (kind, p, inputs) =>
  optimizerPlan(kind, inputs, p.steps, {
    lr: p.lr,
    momentum: p.betas[0],
    beta2: p.betas[1],
    eps: p.eps,
    weight_decay: p.weight_decay,
  });

export const TRAINING = {
  cross_entropy: (p, inputs) => {
    needCount(inputs, 'logits', p.n * p.classes);
    needCount(inputs, 'target', p.n);
    needClasses(inputs.target, p.classes);
    return { ask: { op: 'cross_entropy', ...inputs } };
  },
  sgd: (p, inputs) => optimizerPlan(0, inputs, p.steps, flags(p)),
  adam: (p, inputs) => adamPlan(1, p, inputs),
  adamw: (p, inputs) => adamPlan(2, p, inputs),
  adam_fastai: (p, inputs) => {
    if (p.lr.length !== p.steps || p.mom.length !== p.steps) throw new Error(`lr and mom must list ${p.steps} values`);
    return optimizerPlan(3, inputs, p.steps, {
      lr_each: Float32Array.from(p.lr),
      mom_each: Float32Array.from(p.mom),
      beta2: p.sqr_mom,
      eps: p.eps,
      weight_decay: p.wd,
    });
  },
  one_cycle: (p) => ({
    ask: {
      op: 'one_cycle',
      lr_max: Float32Array.from(p.lr_max),
      moms: Float32Array.from(p.moms),
      total: p.n_epoch * p.n_iter,
      div: p.div,
      div_final: p.div_final,
      pct_start: p.pct_start,
    },
  }),
  lr_find: (p, inputs) => ({ ask: { op: 'lr_find', ...inputs, ...flags(p) } }),
  smooth_loss: (p, inputs) => ({ ask: { op: 'smooth_loss', ...inputs, beta: p.beta } }),
};
