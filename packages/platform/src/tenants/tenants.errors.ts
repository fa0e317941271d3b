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
  'member-not-found': {
    status: 404,
    title: 'The tenant has no such member.',
    remedy: 'List the members, and check the user name.',
  },
  'member-exists': {
    status: 409,
    title: 'This user is a member already.',
    remedy: 'Change the role of the member instead.',
  },
  'user-unknown': {
    status: 422,
    title: 'There is no user of this name.',
    remedy: 'Check the user name, or ask an administrator to create the user.',
  },
  'last-owner': {
    status: 409,
    title: 'A tenant must keep at least one owner.',
    remedy: 'Make somebody else an owner first.',
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
