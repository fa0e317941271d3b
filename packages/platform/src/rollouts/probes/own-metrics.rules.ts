import { parseSeconds } from '../duration.rules.js';
import type { JobProbe, Probe, Provider, WebProbe } from './probe.rules.js';

/** A metric of one's own, in the words and fields of Argo Rollouts. */
export interface OwnMetric {
  readonly name: string;
  /** Exactly one of them; none for what is measured from the gateway's series. */
  readonly provider?: {
    readonly prometheus?: { readonly query: string };
    readonly web?: WebProbe;
    readonly job?: JobProbe;
  };
  readonly interval?: number | string;
  readonly initialDelay?: number | string;
  readonly count?: number;
  readonly failureLimit?: number;
  readonly inconclusiveLimit?: number;
  readonly consecutiveErrorLimit?: number;
  readonly successCondition?: string;
  readonly failureCondition?: string;
}

const usualSeconds = 10;

/** With Argo's defaults: without an interval it is measured once. Undefined where it has no provider. */
export function planProbe(metric: OwnMetric): Probe | undefined {
  const provider = toProvider(metric);
  if (!provider) return undefined;
  const { name, interval, initialDelay = 0, count, successCondition, failureCondition } = metric;
  const { failureLimit = 0, inconclusiveLimit = 0, consecutiveErrorLimit = 4 } = metric;
  return {
    name,
    provider,
    intervalSeconds: Math.max(1, parseSeconds(interval ?? usualSeconds) ?? usualSeconds),
    initialDelaySeconds: parseSeconds(initialDelay) ?? 0,
    count: count ?? (interval === undefined ? 1 : null),
    failureLimit,
    inconclusiveLimit,
    consecutiveErrorLimit,
    ...(successCondition === undefined ? {} : { successCondition }),
    ...(failureCondition === undefined ? {} : { failureCondition }),
  };
}

function toProvider({ provider: { prometheus, web, job } = {} }: OwnMetric): Provider | undefined {
  if (prometheus) return { do: 'prometheus', ...prometheus };
  if (web) return { do: 'web', ...web };
  return job && { do: 'job', ...job };
}
