import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'application-not-found': {
    status: 404,
    title: 'There is no application of this name that you may see.',
    remedy: 'Check the names of the tenant, the project and the application.',
  },
  'project-not-found-for-application': {
    status: 404,
    title: 'There is no project of this name that you may see.',
    remedy: 'Check the names of the tenant and the project.',
  },
  'environment-not-found-for-application': {
    status: 404,
    title: 'There is no environment of this name in the project.',
    remedy: 'Check the name; the environments of a project are listed under its /environments.',
  },
  'application-name-taken': {
    status: 409,
    title: 'The project has an application of this name already.',
    remedy: 'Choose another name.',
  },
  'application-deleting': {
    status: 409,
    title: 'The application is being deleted.',
    remedy: 'Wait until it is gone, then create it again.',
  },
  'application-without-process': {
    status: 422,
    title: 'An application needs at least one process.',
    remedy: 'Keep one process, or delete the application.',
  },
});
