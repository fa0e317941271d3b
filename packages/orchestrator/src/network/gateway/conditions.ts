import type { GatewayStatusCondition } from '../../kinds/index.js';

export interface Verdict {
  readonly type: string;
  readonly isTrue: boolean;
  readonly reason: string;
  readonly message: string;
}

/** Merges verdicts into conditions: `lastTransitionTime` moves only where a status turns. */
export function toConditions(
  verdicts: readonly Verdict[],
  before: readonly GatewayStatusCondition[] | undefined,
  observedGeneration: number | undefined,
  now: string,
): GatewayStatusCondition[] {
  return verdicts.map(({ type, isTrue, reason, message }) => {
    const status = isTrue ? 'True' : 'False';
    const known = before?.find((condition) => condition.type === type);
    const lastTransitionTime = known?.status === status ? known.lastTransitionTime : now;
    return { type, status, reason, message, observedGeneration, lastTransitionTime };
  });
}
