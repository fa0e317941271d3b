import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'promotion-to-itself': {
    status: 422,
    title: 'A release is promoted from one environment to another.',
    remedy: 'Name in `from` the environment that it comes from.',
  },
  'promotion-without-release': {
    status: 409,
    title: 'No release runs in the environment that it is to come from.',
    remedy: 'Deploy there first.',
  },
  'promotion-not-healthy': {
    status: 409,
    title: 'The release is not healthy in the environment that it comes from.',
    remedy: 'Bring it to health there; with rollouts:force, `force` promotes it nevertheless.',
  },
});
