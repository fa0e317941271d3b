import type { Rollout } from './rollouts.rules.js';

export const rolloutNews = ['rollout-paused', 'rollout-healthy', 'rollout-failed', 'rollout-aborted'] as const;
export type RolloutNews = (typeof rolloutNews)[number];

type Seen = Pick<Rollout, 'state' | 'held' | 'pausedUntil' | 'index' | 'plan'>;

/** What people are to hear of: the end, and a pause that waits for somebody. What waits for time or for a freeze goes on by itself. */
export function findNews(before: Seen, after: Seen): RolloutNews | undefined {
  const isNewPause = before.state !== 'paused' || before.index !== after.index;
  const waitsForSomebody = after.plan[after.index]?.do === 'pause' && after.pausedUntil === null && !after.held;
  if (after.state === 'paused') return isNewPause && waitsForSomebody ? 'rollout-paused' : undefined;
  if (after.state === before.state) return undefined;
  switch (after.state) {
    case 'healthy':
      return 'rollout-healthy';
    case 'failed':
      return 'rollout-failed';
    case 'aborted':
      return 'rollout-aborted';
    default:
      return undefined;
  }
}
