import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'user-not-found': {
    status: 404,
    title: 'There is no such user.',
    remedy: 'List the users, and check the user name.',
  },
  'user-exists': {
    status: 409,
    title: 'Another user has this user name.',
    remedy: 'Choose another user name.',
  },
  'user-is-yourself': {
    status: 409,
    title: 'You cannot delete yourself, nor take your own administrator rights.',
    remedy: 'Ask another administrator.',
  },
  'user-is-last-owner': {
    status: 409,
    title: 'The user is the only owner of a tenant.',
    remedy: 'Make somebody else an owner of the tenants named in `detail` first.',
  },
  'user-is-external': {
    status: 422,
    title: 'The password of this user is kept by the outside issuer.',
    remedy: 'Change it there.',
  },
  'password-wrong': { status: 422, title: 'The current password is wrong.', remedy: 'Type your current password.' },
  'token-not-found': { status: 404, title: 'You have no such token.', remedy: 'List your tokens, and check the id.' },
  'token-name-taken': { status: 409, title: 'You have a token of this name.', remedy: 'Choose another name.' },
  'token-not-for-robots': {
    status: 403,
    title: 'Robots have no personal tokens.',
    remedy: 'Sign in as a user.',
  },
});
