import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'cluster-not-found': {
    status: 404,
    title: 'There is no such cluster.',
    remedy: 'List the clusters, and check the name.',
  },
  'cluster-unavailable': {
    status: 503,
    title: 'The cluster cannot be reached at the moment.',
    remedy: 'Repeat the request after the time in Retry-After; if it lasts, an administrator must look at the cluster.',
  },
});
