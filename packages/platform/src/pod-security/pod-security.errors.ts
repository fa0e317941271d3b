import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'pod-security-needs-consent': {
    status: 403,
    title: 'Only the platform lets a project run images as root.',
    remedy: 'Ask for it by a request of the kind `pod-security`, with the level and the reason.',
  },
});
