import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'tenant-requests-closed': {
    status: 403,
    title: 'Nobody but an administrator makes tenants here.',
    remedy: 'Ask an administrator of the platform to create the tenant, or to open requests (SLIPWAY_TENANT_REQUESTS).',
  },
  'tenant-name-reserved-or-taken': {
    status: 409,
    title: 'The name is in use, asked for already, or kept by the platform.',
    remedy: 'Choose another name.',
  },
  'tenant-plan-unknown-user': {
    status: 422,
    title: 'The plan names a user that there is not.',
    remedy: 'Reject the request with that comment; the asker can ask again with the right user names.',
  },
  'setup-not-found': {
    status: 404,
    title: 'Nothing is set up for such a request that you may see.',
    remedy: 'Check the id of the request; it is set up only once it is approved.',
  },
});
