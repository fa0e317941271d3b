import type { StrategyWebhook } from '../../lib/contract';
import { compact, isDuration, isWhole, toDuration, toNumber, toText } from '../../lib/typed';
import { isStepName, type Problem, type Problems } from './problem';

export const hookTypes = [
  'confirm-rollout',
  'pre-rollout',
  'rollout',
  'confirm-promotion',
  'post-rollout',
  'rollback',
] as const satisfies readonly StrategyWebhook['type'][];
type HookType = (typeof hookTypes)[number];

/** One pair of what a hook is told, as it is typed. */
export interface MetadataDraft {
  /** For React alone. */
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

/** A web hook as it is typed: what its type does not use is kept while the type is tried out. */
export interface WebhookDraft {
  readonly key: string;
  readonly name: string;
  readonly type: HookType;
  readonly url: string;
  readonly timeout: string;
  readonly interval: string;
  readonly failureLimit: string;
  readonly metadata: readonly MetadataDraft[];
  /** As it came: what stood there without any effect stays. */
  readonly given?: StrategyWebhook;
}

/** Is it asked again, and so has a time between two calls? */
export const isAskedAgain = (type: HookType): boolean => type !== 'post-rollout';
/** Does it bear refusals? */
export const bearsRefusals = (type: HookType): boolean => type === 'pre-rollout' || type === 'rollout';

export const newHook = (key: string, change: Partial<WebhookDraft> = {}): WebhookDraft => ({
  name: '',
  type: 'confirm-promotion',
  url: '',
  timeout: '',
  interval: '',
  failureLimit: '',
  metadata: [],
  ...change,
  key,
});

export const toHookDraft = (hook: StrategyWebhook, key: string): WebhookDraft =>
  newHook(key, {
    name: hook.name,
    type: hook.type,
    url: hook.url,
    timeout: toText(hook.timeout),
    interval: toText(hook.interval),
    failureLimit: toText(hook.failureLimit),
    metadata: Object.entries(hook.metadata ?? {}).map(([name, value], index) => ({ key: `${index}`, name, value })),
    given: hook,
  });

export function toHook({
  name,
  type,
  url,
  timeout,
  interval,
  failureLimit,
  metadata,
  given,
}: WebhookDraft): StrategyWebhook {
  const isSame = type === given?.type;
  return compact({
    name,
    type,
    url: url.trim(),
    timeout: toDuration(timeout),
    metadata:
      metadata.length > 0
        ? Object.fromEntries(metadata.map((pair) => [pair.name, pair.value]))
        : given?.metadata && Object.keys(given.metadata).length === 0
          ? {}
          : undefined,
    interval: isAskedAgain(type) || isSame ? toDuration(interval) : undefined,
    failureLimit: bearsRefusals(type) || isSame ? toNumber(failureLimit) : undefined,
  });
}

/** What the API would refuse, by the path it would name. */
export function problemsOfHooks(hooks: readonly WebhookDraft[], path: string): Problems {
  const found: Record<string, Problem> = {};
  hooks.forEach((hook, index) => {
    const at = `${path}.${index}`;
    if (!isStepName(hook.name)) found[`${at}.name`] = 'name';
    else if (hooks.findIndex(({ name }) => name === hook.name) < index) found[`${at}.name`] = 'twice';
    if (hook.url.trim() === '') found[`${at}.url`] = 'required';
    else if (!isUrl(hook.url)) found[`${at}.url`] = 'url';
    if (!isWithin(hook.timeout, 1, 30)) found[`${at}.timeout`] = 'timeout';
    if (isAskedAgain(hook.type) && !isWithin(hook.interval, 1, 3600)) found[`${at}.interval`] = 'duration';
    if (bearsRefusals(hook.type) && hook.failureLimit.trim() !== '' && !isWhole(hook.failureLimit, 0, 1000))
      found[`${at}.failureLimit`] = 'whole';
    hook.metadata.forEach(({ name }, place) => {
      if (name === '') found[`${at}.metadata.${place}`] = 'required';
      else if (hook.metadata.findIndex((other) => other.name === name) < place)
        found[`${at}.metadata.${place}`] = 'twice';
    });
  });
  return found;
}

function isUrl(typed: string): boolean {
  try {
    return ['http:', 'https:'].includes(new URL(typed.trim()).protocol);
  } catch {
    return false;
  }
}

const units: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600 };

/** Nothing typed is the usual. */
function isWithin(typed: string, least: number, most: number): boolean {
  if (typed.trim() === '') return true;
  if (!isDuration(typed)) return false;
  const [, digits = '', unit = ''] = /^(\d+)([smh]?)$/.exec(typed.trim()) ?? [];
  const seconds = Number(digits) * (units[unit] ?? 1);
  return seconds >= least && seconds <= most;
}
