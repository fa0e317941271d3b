import { parseSeconds } from '../duration.rules.js';
import type { Rollout } from '../rollouts.rules.js';
import type { Strategy } from '../strategy.rules.js';
import type { Probe, Provider, WebHook } from './probe.rules.js';

/** A web hook of a strategy, in Flagger's words; `interval` and `failureLimit` are what its analysis says for all of them. */
export interface StrategyHook {
  readonly name: string;
  readonly type: WebHook['type'];
  readonly url: string;
  readonly timeout?: number | string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly interval?: number | string;
  readonly failureLimit?: number;
}

const usualSeconds = 10;

/** The hooks of one type, as what is measured until it succeeds. A gate is asked again as long as it takes. */
export function planGate(
  hooks: readonly StrategyHook[],
  type: 'confirm-rollout' | 'pre-rollout' | 'confirm-promotion',
) {
  return hooks
    .filter((hook) => hook.type === type)
    .map((hook): Probe => {
      const failureLimit = type === 'pre-rollout' ? (hook.failureLimit ?? 0) : null;
      return { ...toProbe(hook), failureLimit, untilSuccess: true };
    });
}

/** Those that are asked beside the steps: `rollout` from the step on at which traffic may begin, `rollback` from the first on. */
export function planPolled(hooks: readonly StrategyHook[], trafficAt: number): readonly Probe[] {
  return hooks.flatMap((hook): Probe[] => {
    if (hook.type === 'rollback') return [{ ...toProbe(hook), failureLimit: 0 }];
    return hook.type === 'rollout' ? [{ ...toProbe(hook), startsAt: trafficAt }] : [];
  });
}

/** Those that are told of the end. */
export const postRolloutHooks = (strategy: Strategy): readonly (WebHook & { readonly name: string })[] =>
  ('webhooks' in strategy ? (strategy.webhooks ?? []) : []).flatMap((hook) =>
    hook.type === 'post-rollout' ? [{ name: hook.name, ...toHook(hook) }] : [],
  );

/** Flagger's phases. */
export function toPhase({ state, plan, index, restoring }: Rollout): string {
  if (state === 'healthy') return 'Succeeded';
  if (restoring || state === 'failed' || state === 'aborted') return 'Failed';
  const step = plan[index];
  if (step?.do === 'analysis' && step.gate === 'confirm-rollout') return 'Waiting';
  if (step?.do === 'analysis' && step.gate === 'confirm-promotion') return 'WaitingPromotion';
  return 'Progressing';
}

const toHook = ({ type, url, timeout, metadata = {} }: StrategyHook): WebHook => ({
  type,
  url,
  timeoutSeconds: parseSeconds(timeout ?? usualSeconds) ?? usualSeconds,
  metadata,
});

function toProbe(hook: StrategyHook): Probe {
  const provider: Provider = { do: 'webhook', ...toHook(hook) };
  return {
    name: hook.name,
    provider,
    intervalSeconds: parseSeconds(hook.interval ?? usualSeconds) ?? usualSeconds,
    initialDelaySeconds: 0,
    count: null,
    failureLimit: hook.failureLimit ?? 0,
    inconclusiveLimit: 0,
    consecutiveErrorLimit: 4,
  };
}
