import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'hostname-refused': {
    status: 422,
    title: 'This host name cannot be added.',
    remedy: 'Name a host of a domain of your own.',
  },
  'hostname-taken': {
    status: 409,
    title: 'The host name leads to an application already.',
    remedy: 'Remove it there first, or choose another; an administrator can say where it leads.',
  },
  'domain-not-found': {
    status: 404,
    title: 'The application has no such host name here.',
    remedy: 'List its domains and name one of them.',
  },
  'domain-is-default': {
    status: 409,
    title: 'The default host name stays.',
    remedy: 'Add a domain of your own beside it.',
  },
});
