import type { Pod } from '@slipway/orchestrator/kinds';
import { explainFailure } from '../observe.rules.js';
import type { HookOutcome } from './hook.rules.js';

/** What a hook's pod shows; the end of its log is added by who can read it. */
export function readHookPod(pod: Pod): HookOutcome {
  const uid = pod.metadata.uid ?? null;
  const { phase, reason } = pod.status ?? {};
  if (phase === 'Succeeded') return { state: 'succeeded', message: null, uid };
  if (phase === 'Failed') return { state: 'failed', message: explainEnd(pod, reason), uid };
  const failure = explainFailure(pod);
  return failure ? { state: 'failed', message: failure, uid } : { state: 'running', message: null, uid };
}

function explainEnd(pod: Pod, reason: string | undefined): string {
  if (reason === 'DeadlineExceeded') return 'it was not done in time.';
  const ended = pod.status?.containerStatuses
    ?.map(({ state }) => state?.terminated)
    .find((state) => state !== undefined);
  if (ended?.reason === 'OOMKilled') return 'it ran out of memory: raise the memory limit of its process.';
  return ended ? `it exited with code ${ended.exitCode}.` : `its pod failed: ${reason ?? 'unknown'}.`;
}

const mostTail = 1_000;

/** The last lines of a log, short enough for a message. */
export function tailOf(log: string): string {
  const text = log.trim();
  return text.length > mostTail ? `…${text.slice(-mostTail)}` : text;
}
