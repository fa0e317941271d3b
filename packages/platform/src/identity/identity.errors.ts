import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'issuer-unavailable': {
    status: 503,
    title: 'The identity provider cannot be reached, so nobody can be told apart at the moment.',
    remedy:
      'Repeat the request after the time in Retry-After; if it lasts, an administrator must look at the identity provider.',
  },
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
  'password-weak': {
    status: 422,
    title: 'The password is too easy to guess.',
    remedy: 'Choose a longer one, without your name and without common words: a few words that do not belong together.',
  },
  'session-not-found': {
    status: 404,
    title: 'There is no such session.',
    remedy: 'List the sessions: it may have ended already.',
  },
  'second-factor-exists': {
    status: 409,
    title: 'A second factor is in use already.',
    remedy: 'Remove it first, with one of its codes.',
  },
  'second-factor-missing': {
    status: 404,
    title: 'No second factor has been set up.',
    remedy: 'Begin with POST /me/second-factor.',
  },
  'second-factor-wrong': {
    status: 422,
    title: 'The code is wrong, or was used before.',
    remedy: 'Wait for the next code of your authenticator app, and see that the clock of the device is right.',
  },
  'second-factor-required': {
    status: 422,
    title: 'Your role requires a second factor.',
    remedy: 'Keep it, or ask an administrator.',
  },
  'token-life-too-long': {
    status: 422,
    title: 'The token would live longer than the platform allows.',
    remedy: 'Ask for fewer days, and rotate it before it ends.',
  },
  'robot-not-found': { status: 404, title: 'There is no such robot.', remedy: 'List the robots, and check the name.' },
  'robot-exists': { status: 409, title: 'Another robot has this name.', remedy: 'Choose another name.' },
  'robot-is-managed': {
    status: 409,
    title: 'The platform made this robot for itself, and renews it by itself.',
    remedy: 'Make a robot of your own.',
  },
  'robot-scope-lacking': {
    status: 403,
    title: 'A robot cannot be given what its maker may not do.',
    remedy: 'Leave out the scopes named in `detail`, or ask somebody who has them.',
  },
  'group-not-found': { status: 404, title: 'There is no such group.', remedy: 'List the groups, and check the name.' },
  'group-exists': { status: 409, title: 'Another group has this name.', remedy: 'Choose another name.' },
  'group-is-directory': {
    status: 409,
    title: 'The directory keeps this membership.',
    remedy: 'Change it in the directory.',
  },
  'scim-token-not-found': { status: 404, title: 'There is no such SCIM token.', remedy: 'List the SCIM tokens.' },
  'scim-token-exists': { status: 409, title: 'Another SCIM token has this name.', remedy: 'Choose another name.' },
  'token-not-found': { status: 404, title: 'You have no such token.', remedy: 'List your tokens, and check the id.' },
  'token-name-taken': { status: 409, title: 'You have a token of this name.', remedy: 'Choose another name.' },
  'impersonation-refused': {
    status: 403,
    title: 'Nobody may act as this user.',
    remedy:
      'Act as a user who is not disabled and has no role on the platform, and sign in yourself: a token with scopes, for one tenant or in another’s name is not enough.',
  },
  'impersonation-not-found': {
    status: 404,
    title: 'You do not act as this user.',
    remedy: 'There is nothing to end: it may have run out.',
  },
  'token-not-for-robots': {
    status: 403,
    title: 'Robots have no personal tokens.',
    remedy: 'Sign in as a user.',
  },
});
