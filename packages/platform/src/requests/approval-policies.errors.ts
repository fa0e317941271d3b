import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'approval-policy-not-found': {
    status: 404,
    title: 'There is no such approval policy here.',
    remedy: 'List them with `slipway approval-policies list`.',
  },
  'approval-policy-exists': {
    status: 409,
    title: 'An approval policy of this name exists already.',
    remedy: 'Choose another name, or change the one that exists.',
  },
  'approval-policy-not-for-tenants': {
    status: 422,
    title: 'A tenant has no say in requests of this kind: the platform decides them.',
    remedy: 'Choose a kind that the tenant decides: access, exec, secret-reveal or release.',
  },
  'approval-policy-without-approvers': {
    status: 422,
    title: 'Nobody could approve under this policy.',
    remedy: 'Name a permission, roles, groups or users, or set `approvalsNeeded` to 0.',
  },
});
