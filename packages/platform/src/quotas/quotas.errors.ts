import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'quota-exceeded': {
    status: 422,
    title: 'This needs more than the quota has left.',
    remedy:
      'Free some of the resource, ask for more (slipway quota request), or wait in the queue where it is offered.',
  },
  'quota-resource-unknown': {
    status: 422,
    title: 'There is no such resource to limit.',
    remedy: 'Use a name of the guide on quotas, such as requests.cpu, pods, build-minutes or count/deployments.apps.',
  },
  'quota-amount-unreadable': {
    status: 422,
    title: 'This is no amount of that resource.',
    remedy: 'Write a Kubernetes quantity that is not negative, such as 500m, 2 or 10Gi.',
  },
  'quota-above-parent': {
    status: 422,
    title: 'The limits of the children would sum to more than their parent has.',
    remedy: 'Lower another child, raise the parent, or allow overcommitment on the parent.',
  },
});
