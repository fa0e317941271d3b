import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';
import { rolloutNews } from './rollout-news.rules.js';

/** Takes a rollout from where it stands to its end. Most of its time it waits, so many run at once. */
export const advanceRollout = defineJob({
  queue: 'rollouts',
  name: 'rollouts.advance',
  payload: z.object({ rolloutId: z.uuid() }),
  attempts: 500,
  backoffSeconds: 1,
  concurrency: 400,
});

/** Ends the pods of the release before, when the time for a quick way back is over. */
export const retireRelease = defineJob({
  queue: 'rollouts',
  name: 'rollouts.retire',
  payload: z.object({ rolloutId: z.uuid() }),
  attempts: 100,
  backoffSeconds: 2,
});

/** Brings what stands to its settings while a rollout waits to begin. */
export const settleSettings = defineJob({
  queue: 'rollouts',
  name: 'rollouts.settle-settings',
  payload: z.object({ rolloutId: z.uuid() }),
  attempts: 100,
  backoffSeconds: 2,
});

const notifyPayload = z.object({
  rolloutId: z.uuid(),
  type: z.enum(rolloutNews),
  /** Whoever caused it. */
  actor: z.string(),
  reason: z.string(),
  /** The planned step it is about: each pause is told of once. */
  step: z.int(),
});
export type NotifyOfRollout = z.output<typeof notifyPayload>;

/** Tells whoever should hear how a rollout goes. */
export const notifyOfRollout = defineJob<NotifyOfRollout>({
  queue: 'rollouts',
  name: 'rollouts.notify',
  payload: notifyPayload,
  attempts: 10,
  backoffSeconds: 2,
});

const hookPayload = z.object({ rolloutId: z.uuid(), hook: z.string() });
export type CallRolloutHook = z.output<typeof hookPayload>;

/** Tells a web hook of its strategy that a rollout is over. */
export const callRolloutHook = defineJob<CallRolloutHook>({
  queue: 'rollouts',
  name: 'rollouts.call-hook',
  payload: hookPayload,
  attempts: 8,
  backoffSeconds: 2,
});
