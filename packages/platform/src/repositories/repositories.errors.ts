import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'repository-not-found': {
    status: 404,
    title: 'The tenant has no such repository.',
    remedy: 'List its repositories; the name is {project}/{application}.',
  },
  'registry-unavailable': {
    status: 503,
    title: 'The image registry cannot be reached at the moment.',
    remedy:
      'Repeat the request after the time in Retry-After; if it lasts, an administrator must look at the registry.',
  },
});
