import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'project-not-found': {
    status: 404,
    title: 'The tenant has no such project.',
    remedy: "List the tenant's projects, and check the name.",
  },
  'project-name-taken': {
    status: 409,
    title: 'The tenant has a project of this name.',
    remedy: 'Choose another name.',
  },
  'project-being-deleted': {
    status: 409,
    title: 'This project is being deleted.',
    remedy: 'Nothing can be changed in it any more; create another project when it is gone.',
  },
});
