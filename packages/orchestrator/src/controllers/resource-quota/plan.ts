import type { ResourceQuota } from '../../kinds/index.js';
import { isSame } from '../same.js';

export interface Observed {
  readonly quota: ResourceQuota;
  /** When this process last had it counted; undefined: never. */
  readonly countedAt: number | undefined;
}

export interface Action {
  readonly do: 'recount';
  readonly why: string;
}

/** The count follows every write by itself; this is how long a mistake in it may last. */
export const recountMs = 5 * 60 * 1000;

/** Decides whether a quota's usage has to be counted anew. Pure. */
export function plan({ quota, countedAt }: Observed, now: number): { actions: Action[]; waitSeconds: number } {
  const recount = (why: string) => ({ actions: [{ do: 'recount' as const, why }], waitSeconds: recountMs / 1000 });
  const { hard = {} } = quota.spec;
  const { status } = quota;
  if (!isSame(status?.hard, hard)) return recount('its status is of other limits');
  const missing = Object.keys(hard).filter((name) => status?.used?.[name] === undefined);
  if (missing.length > 0) return recount(`it is not known how much is used of ${missing.sort().join(', ')}`);
  if (countedAt === undefined) return recount('nobody is known to have counted it');
  const left = countedAt + recountMs - now;
  return left > 0 ? { actions: [], waitSeconds: left / 1000 } : recount('it was last counted five minutes ago');
}
