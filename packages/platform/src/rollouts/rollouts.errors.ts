import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'rollout-not-found': {
    status: 404,
    title: 'There is no rollout of this id.',
    remedy: "List the application's rollouts and name one of them.",
  },
  'rollout-over': {
    status: 409,
    title: 'The rollout is over and stands.',
    remedy: 'To go back, roll back to the release before.',
  },
  'rollout-not-over': {
    status: 409,
    title: 'The rollout goes on, or stands.',
    remedy: 'Abort it first; a rollout that is healthy needs no other try.',
  },
  'rollout-without-steps': {
    status: 409,
    title: 'This rollout has no steps to hold or to promote.',
    remedy: 'Give the environment a strategy of type canary or blueGreen; abort works for every strategy.',
  },
  'rollout-frozen': {
    status: 409,
    title: 'A freeze is on: nothing new is rolled out here now.',
    remedy:
      'Wait until it ends, or say in overrideFreeze why it cannot wait: with releases:override-freeze that is enough, ' +
      'without it somebody who may approve is asked.',
  },
  'rollout-waits-for-approval': {
    status: 409,
    title: 'The rollout waits for an approval and has no step yet.',
    remedy: 'Have the request decided that `approval` names, or abort the rollout.',
  },
  'nothing-to-roll-back-to': {
    status: 409,
    title: 'There is no earlier release in this environment.',
    remedy: 'Name the release to go to.',
  },
  'environment-not-ready': {
    status: 409,
    title: 'The environment is not ready to take a rollout.',
    remedy: 'Wait until it is provisioned; its message says what is missing.',
  },
  'application-being-deleted': {
    status: 409,
    title: 'The application is being deleted.',
    remedy: 'Nothing can be rolled out of it any more.',
  },
  'amount-invalid': {
    status: 422,
    title: 'This is no amount that a process can have.',
    remedy: 'Use a Kubernetes quantity: 10m to 64 of CPU, 16Mi to 512Gi of memory.',
  },
  'strategy-not-convertible': {
    status: 422,
    title: 'No strategy can be made of this manifest.',
    remedy: 'Give an Argo Rollout or a Flagger Canary; the errors name what is wrong by its path.',
  },
  'process-unknown': {
    status: 422,
    title: 'The application has no process of this name.',
    remedy: "Name one of the application's processes.",
  },
});
