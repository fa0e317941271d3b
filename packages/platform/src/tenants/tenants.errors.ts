import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'tenant-name-taken': {
    status: 409,
    title: 'Another tenant has this name.',
    remedy: 'Choose another name.',
  },
  'tenant-name-reserved': {
    status: 422,
    title: 'The platform keeps this name for itself.',
    remedy: 'Choose another name.',
  },
  'tenant-state-impossible': {
    status: 409,
    title: 'The tenant cannot go from its state to that one.',
    remedy: 'Read the tenant’s state: `next` lists where it can go.',
  },
  'tenant-not-confirmed': {
    status: 422,
    title: 'Something would be lost, and the tenant’s name was not typed.',
    remedy: 'Send `confirm` with the name of the tenant.',
  },
});
