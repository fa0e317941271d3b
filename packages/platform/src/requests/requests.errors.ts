import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'request-not-found': {
    status: 404,
    title: 'There is no such request that you may see.',
    remedy: 'Check the id; requests that concern you are listed under /api/v1/requests.',
  },
  'request-kind-unknown': {
    status: 422,
    title: 'Requests of this kind are not made here.',
    remedy: 'Use one of the kinds the document lists; some are asked for by a route of their own.',
  },
  'request-payload-invalid': {
    status: 422,
    title: 'The payload is none that this kind of request takes.',
    remedy: 'Correct the fields listed in `errors`.',
  },
  'request-already-pending': {
    status: 409,
    title: 'You have asked for this already.',
    remedy: 'Wait for the decision, or withdraw the request and ask again.',
  },
  'request-needed': {
    status: 403,
    title: 'This needs a consent that you do not have.',
    remedy: 'Ask for it: `slipway requests create`, or "Requests" in the portal; `detail` names kind and subject.',
  },
  'request-over': {
    status: 409,
    title: 'The request is decided already, or its time is over.',
    remedy: 'Read it again; ask anew if it is still needed.',
  },
  'request-not-in-force': {
    status: 409,
    title: 'Only a grant that is in force can be ended.',
    remedy: 'Read the request again: its state says what became of it.',
  },
  'request-own': {
    status: 403,
    title: 'Nobody decides his own request, not even for somebody else.',
    remedy: 'Let another approver decide.',
  },
  'request-not-yours': {
    status: 403,
    title: 'The request’s policy does not name you.',
    remedy: 'Let one of its approvers decide, or have a decision delegated to you.',
  },
  'request-decided-by-you': {
    status: 409,
    title: 'You, or the one you stand for, have approved already.',
    remedy: 'Wait for another approver.',
  },
  'request-review-not-due': {
    status: 409,
    title: 'No review of this request is due.',
    remedy: 'Only a break-glass is reviewed, and once.',
  },
  'request-time-limited': {
    status: 422,
    title: 'A grant of this kind is for a limited time.',
    remedy: 'Send `grantSeconds` of at most what `detail` says.',
  },
  'request-time-unlimited': {
    status: 422,
    title: 'What this kind of request grants does not end by time.',
    remedy: 'Leave `grantSeconds` out.',
  },
  'break-glass-refused': {
    status: 403,
    title: 'You may not break the glass here.',
    remedy: 'Ask in the ordinary way, or ask an owner for the permission requests:break-glass.',
  },
});
