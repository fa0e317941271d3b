import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'repository-not-found': {
    status: 404,
    title: 'The tenant has no such repository.',
    remedy: 'List its repositories; the name is {project}/{application}.',
  },
  'artifact-not-found': {
    status: 404,
    title: 'The repository has no such image.',
    remedy: 'List its images; name one by its whole digest, sha256:….',
  },
  'artifact-in-use': {
    status: 409,
    title: 'The image runs at the moment.',
    remedy: 'Roll another release out in the environments named in `detail` first.',
  },
  'registry-unavailable': {
    status: 503,
    title: 'The image registry cannot be reached at the moment.',
    remedy:
      'Repeat the request after the time in Retry-After; if it lasts, an administrator must look at the registry.',
  },
});
