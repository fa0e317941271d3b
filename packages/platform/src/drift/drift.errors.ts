import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'drift-not-found': {
    status: 404,
    title: 'There is no such difference here now.',
    remedy: 'Look again, and name one of the differences that are listed.',
  },
});
