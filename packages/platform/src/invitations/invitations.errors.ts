import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'invitation-not-found': {
    status: 404,
    title: 'The tenant has no such invitation.',
    remedy: 'List the invitations, and check the id.',
  },
  'invitation-invalid': {
    status: 404,
    title: 'This link is none that can be accepted: it is used, taken back, too old, or not whole.',
    remedy: 'Ask whoever invited you to send the invitation again.',
  },
  'invitation-over': {
    status: 409,
    title: 'The invitation is accepted or taken back already.',
    remedy: 'Invite the address anew.',
  },
  'invitation-role-too-high': {
    status: 403,
    title: 'Nobody invites to a role that holds more than his own.',
    remedy: 'Choose a smaller role, or ask an owner to invite.',
  },
});
