import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'environment-not-found': {
    status: 404,
    title: 'The project has no such environment.',
    remedy: "List the project's environments, and check the name.",
  },
  'environment-name-taken': {
    status: 409,
    title: 'The project has an environment of this name.',
    remedy: 'Choose another name.',
  },
  'environment-being-deleted': {
    status: 409,
    title: 'This environment is being deleted.',
    remedy: 'Create another environment when it is gone.',
  },
  'environment-namespace-not-confirmed': {
    status: 422,
    title: 'That is not the name of the namespace which would be deleted.',
    remedy: 'Send the environment’s namespace to delete it, or nothing to give an adopted one back.',
  },
  'environment-is-production': {
    status: 422,
    title: 'The environment `production` goes with its project.',
    remedy: 'Delete the project instead.',
  },
});
