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
  'tenant-being-deleted': {
    status: 409,
    title: 'This tenant is being deleted.',
    remedy: 'Nothing can be changed in it any more; create another tenant when it is gone.',
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
});
