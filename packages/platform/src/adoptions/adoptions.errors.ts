import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'adoption-not-found': {
    status: 404,
    title: 'The cluster has no such adoption.',
    remedy: 'List the adoptions, and check the id.',
  },
  'adoption-refused': {
    status: 422,
    title: 'Something stands in the way of adopting these namespaces; nothing was changed.',
    remedy: 'Leave out what `errors` names, or put it right; `?dryRun=true` shows the whole plan.',
  },
  'namespace-not-found': {
    status: 404,
    title: 'The cluster has no such namespace.',
    remedy: 'List the namespaces that can be adopted, and check the name.',
  },
  'namespace-not-adoptable': {
    status: 409,
    title: 'This namespace cannot be adopted.',
    remedy: 'Choose a namespace that is neither the platform’s own, nor a tenant’s, nor being deleted.',
  },
  'namespace-not-adopted': {
    status: 409,
    title: 'This namespace was not adopted, so it cannot be given back.',
    remedy: 'Delete the environment that it belongs to instead.',
  },
  'adoption-place-taken': {
    status: 409,
    title: 'The project has an environment of this name.',
    remedy: 'Choose another name for the environment.',
  },
  'adoption-place-gone': {
    status: 409,
    title: 'The tenant, the project or the environment was deleted meanwhile.',
    remedy: 'Adopt the namespace again, for another project.',
  },
});
