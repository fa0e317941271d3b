import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'image-policy-not-found': {
    status: 404,
    title: 'There is no such image policy.',
    remedy: 'List the image policies, and check the name.',
  },
  'image-policy-name-taken': {
    status: 409,
    title: 'There is an image policy of this name already.',
    remedy: 'Choose another name, or change the one that is there.',
  },
  'image-policy-empty': {
    status: 422,
    title: 'The image policy has no rule.',
    remedy: 'Name registries, ask for digests, or name the keys that must have signed.',
  },
  'image-exemption-not-found': {
    status: 404,
    title: 'The image policy has no such exemption.',
    remedy: 'Read the policy: it lists its exemptions.',
  },
  'image-refused': {
    status: 422,
    title: 'An image policy refuses the image.',
    remedy: 'Use an image that the policy allows, or ask whoever owns the policy for an exemption.',
  },
});
