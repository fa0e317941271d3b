import { stepsOf } from './hooks/hook.rules.js';
import type { Rollout } from './rollouts.rules.js';

export interface Transition {
  readonly from: string | null;
  readonly to: string;
  /** The step in work after it. */
  readonly step: string | null;
  readonly reason: string;
}

type Seen = Pick<
  Rollout,
  'state' | 'restoring' | 'index' | 'held' | 'pausedUntil' | 'plan' | 'steps' | 'hooks' | 'error'
>;

/** What changed from one look to the next as a transition; undefined where nothing did that somebody would ask about later. */
export function describeTransition(before: Seen, after: Seen, cause?: string): Transition | undefined {
  const isSame =
    before.state === after.state &&
    before.restoring === after.restoring &&
    before.index === after.index &&
    before.held === after.held &&
    before.hooks.before?.state === after.hooks.before?.state &&
    before.hooks.after?.state === after.hooks.after?.state;
  if (isSame) return undefined;
  const from = nameState(before);
  return { from, to: nameState(after), step: stepOf(after), reason: cause ?? explain(before, after) };
}

/** A rollout that is being taken back says so. */
const nameState = ({ state, restoring }: Seen): string => (restoring ? 'restoring' : state);

function stepOf(rollout: Seen): string | null {
  const running = stepsOf(rollout).find(({ state }) => state === 'running');
  return running?.name ?? null;
}

function explain(before: Seen, after: Seen): string {
  if (after.error !== null && after.error !== before.error) return after.error;
  switch (after.state) {
    case 'healthy':
      return 'All pods of the release are ready.';
    case 'failed':
    case 'aborted':
      return after.error ?? 'The release before is back.';
    case 'paused':
      if (after.held && !before.held) return 'Held.';
      return after.pausedUntil === null ? 'Waits for a promotion.' : `Waits until ${after.pausedUntil}.`;
    case 'pending':
      if (after.held) return 'Held.';
      return after.hooks.before?.state === 'running' ? 'The hook before runs.' : 'Waits.';
    case 'progressing':
      if (after.hooks.after?.state === 'running' && before.hooks.after?.state === 'pending')
        return 'All pods are ready; the hook after runs.';
      if (after.hooks.after?.state === 'succeeded') return 'The hook after succeeded.';
      return before.state === 'pending' ? 'Began.' : 'What the step waited for is there.';
  }
}
