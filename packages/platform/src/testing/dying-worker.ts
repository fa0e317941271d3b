import type { KubeClient } from '@slipway/orchestrator/client';
import { vi } from 'vitest';
import { ClustersService } from '../clusters/clusters.service.js';
import { Database } from '../kernel/database/index.js';
import type { TestApi } from './test-api.js';

const reads = ['get', 'find', 'list'] as const;
const writes = ['create', 'update', 'patch', 'delete'] as const;

/** A place at which the worker dies: its n-th call that changes something outside, before it is made or after it took effect. */
export interface Death {
  readonly call: number;
  readonly when: 'before' | 'after';
}

interface DyingWorker {
  calls(): string[];
  hasDied(): boolean;
  /** Runs what others do meanwhile in the same process: it is none of the worker's calls. */
  aside(work: () => Promise<void>): Promise<void>;
}

/**
 * Has the worker die at one of its calls that change something outside: writes to the cluster, and transactions. To die at a read is
 * to die after the write before it. `calls()` tells which there were. Take it away with `vi.restoreAllMocks()`; nothing is
 * remembered of the process before, as after a start.
 */
export function dieAt(
  api: Pick<TestApi, 'app'>,
  death?: Death,
  /** Looks at the world after each call that took effect. */
  look: (call: string) => Promise<void> = async () => undefined,
): DyingWorker {
  const clusters = api.app.get(ClustersService, { strict: false });
  const database = api.app.get(Database, { strict: false });
  const calls: string[] = [];
  let isDead = false;
  let isAside = false;
  const outside = async <T>(work: () => Promise<T>, what: string | undefined): Promise<T> => {
    if (isAside) return work();
    // A dead process does nothing more, whatever else it had under way.
    if (isDead) throw new Error('The worker is dead.');
    if (what === undefined) return work();
    calls.push(what);
    const isMine = death !== undefined && calls.length === death.call;
    if (isMine) isDead = true;
    if (isMine && death.when === 'before') throw new Error('The worker was killed.');
    const result = await work();
    await look(what);
    if (isMine) throw new Error('The worker was killed.');
    return result;
  };
  const original = clusters.client.bind(clusters);
  let wrapped: KubeClient | undefined;
  vi.spyOn(clusters, 'client').mockImplementation(async (cluster) => {
    wrapped ??= wrap(await original(cluster), outside);
    return wrapped;
  });
  const transaction = database.transaction.bind(database);
  vi.spyOn(database, 'transaction').mockImplementation(((...rest: Parameters<typeof transaction>) =>
    outside(() => transaction(...rest), `transaction ${calls.length}`)) as typeof transaction);
  const aside = async (work: () => Promise<void>): Promise<void> => {
    if (isDead) throw new Error('The worker is dead.');
    isAside = true;
    await work().finally(() => {
      isAside = false;
    });
  };
  return { calls: () => calls, hasDied: () => isDead, aside };
}

type Outside = <T>(work: () => Promise<T>, what: string | undefined) => Promise<T>;

function wrap(client: KubeClient, outside: Outside): KubeClient {
  const wrapped: Record<string, unknown> = { ...client };
  for (const name of [...reads, ...writes]) {
    const call = client[name] as (...rest: unknown[]) => Promise<unknown>;
    const isWrite = writes.some((write) => write === name);
    wrapped[name] = (...rest: unknown[]) =>
      outside(() => call(...rest), isWrite ? `${name} ${Reflect.get(Object(rest[0]), 'kind')}` : undefined);
  }
  return wrapped as unknown as KubeClient;
}

/**
 * Every death in a run of these calls: before the first, and after each (which is before the next). Of many alike in a row (the
 * bindings of a namespace's roles) the first and the last stand for all.
 */
export function deathsIn(calls: readonly string[]): Death[] {
  const after = calls.flatMap((call, at) =>
    calls[at - 1] === call && calls[at + 1] === call ? [] : [{ call: at + 1, when: 'after' as const }],
  );
  return [{ call: 1, when: 'before' }, ...after];
}
