import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'operation-not-found': {
    status: 404,
    title: 'There is no such operation that you may see.',
    remedy: 'Check the id; operations are listed under /api/v1/operations.',
  },
  'operation-not-cancellable': {
    status: 409,
    title: 'This operation is over, or of a kind that runs to its end.',
    remedy: 'Wait until it is over, and undo its result by another change.',
  },
});
