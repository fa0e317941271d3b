import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'delegation-not-found': {
    status: 404,
    title: 'There is no such delegation of yours.',
    remedy: 'List them with `slipway delegations list`.',
  },
  'delegation-invalid': {
    status: 422,
    title: 'A delegation cannot be like this.',
    remedy: 'Name another user who exists, and times that begin before they end, at most a year.',
  },
});
