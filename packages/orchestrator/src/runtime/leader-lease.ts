import { isAlreadyExists, isConflict, type KubeClient } from '../client/index.js';
import { type Lease, leases } from '../kinds/index.js';
import { type Clock, fromTime, systemClock, toMicroTime } from './clock.js';
import { type Logger, type Stoppable, silentLogger } from './context.js';

export interface LeaderLeaseOptions {
  readonly client: KubeClient;
  readonly name: string;
  readonly namespace?: string;
  /** Differs for every process that competes. */
  readonly identity: string;
  readonly leaseSeconds?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Runs while this process leads; `signal` aborts when it no longer does, and the promise must then settle. */
  lead(signal: AbortSignal): Promise<void>;
}

/**
 * Lets one of several processes lead at a time, by a Lease. A holder that cannot renew gives up after two thirds of
 * the lease; another takes over only when it has seen the lease unrenewed for its whole length by its own clock, so
 * that clocks need not agree. Stopping hands the lease back at once.
 */
export function startLeaderLease(options: LeaderLeaseOptions): Stoppable {
  const { client, name, identity } = options;
  const namespace = options.namespace ?? 'kube-system';
  const clock = options.clock ?? systemClock;
  const logger = (options.logger ?? silentLogger).child({ lease: name });
  const leaseMs = (options.leaseSeconds ?? 15) * 1000;
  const retryMs = leaseMs / 7.5;
  const stopping = new AbortController();
  /** The renewal of another holder as last seen, and when it was first seen here. */
  let observed: { renewal: string; at: number } | undefined;

  const acquire = async (): Promise<boolean> => {
    const now = toMicroTime(clock.now());
    const current = await client.find(leases, name, namespace);
    const spec = { holderIdentity: identity, leaseDurationSeconds: Math.round(leaseMs / 1000), renewTime: now };
    if (!current) {
      const lease: Lease = { metadata: { name, namespace }, spec: { ...spec, acquireTime: now, leaseTransitions: 0 } };
      await client.create(leases, lease);
      return true;
    }
    const holder = current.spec.holderIdentity ?? '';
    if (holder !== '' && holder !== identity) {
      const renewal = `${holder} ${current.spec.renewTime ?? ''}`;
      if (observed?.renewal !== renewal) observed = { renewal, at: clock.now() };
      const theirMs = (current.spec.leaseDurationSeconds ?? leaseMs / 1000) * 1000;
      if (clock.now() - observed.at < theirMs) return false;
    }
    const transitions = (current.spec.leaseTransitions ?? 0) + (holder === identity ? 0 : 1);
    const acquireTime = holder === identity ? (current.spec.acquireTime ?? now) : now;
    await client.update(leases, { ...current, spec: { ...spec, acquireTime, leaseTransitions: transitions } });
    return true;
  };

  const tryAcquire = async (): Promise<boolean> => {
    try {
      return await acquire();
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return false;
      logger.warn({ error }, 'the lease could not be read or written');
      return false;
    }
  };

  const holdWhile = async (leading: AbortController) => {
    let renewedAt = clock.now();
    while (!leading.signal.aborted) {
      await clock.sleep(retryMs, leading.signal);
      if (leading.signal.aborted) return;
      if (await tryAcquire()) renewedAt = clock.now();
      else if (clock.now() - renewedAt > (leaseMs * 2) / 3) {
        logger.warn({}, 'the lease was not renewed in time: giving up leading');
        leading.abort();
      }
    }
  };

  const release = async () => {
    try {
      const current = await client.find(leases, name, namespace);
      if (current?.spec.holderIdentity === identity) {
        await client.update(leases, {
          ...current,
          spec: { ...current.spec, holderIdentity: '', leaseDurationSeconds: 1 },
        });
      }
    } catch (error) {
      logger.debug({ error }, 'the lease was not handed back; it runs out by itself');
    }
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      if (!(await tryAcquire())) {
        await clock.sleep(retryMs * (0.8 + clock.random() * 0.4), stopping.signal);
        continue;
      }
      logger.info({ identity }, 'leading');
      const leading = new AbortController();
      const endWithUs = () => leading.abort();
      stopping.signal.addEventListener('abort', endWithUs, { once: true });
      const held = holdWhile(leading);
      try {
        await options.lead(leading.signal);
      } catch (error) {
        logger.error({ error }, 'leading failed');
      }
      leading.abort();
      await held;
      stopping.signal.removeEventListener('abort', endWithUs);
      await release();
      if (!stopping.signal.aborted) await clock.sleep(retryMs, stopping.signal);
    }
  };
  const running = run();

  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** When the lease was last renewed, in milliseconds; undefined if never. */
export function renewedAt(lease: Lease | undefined): number | undefined {
  return fromTime(lease?.spec.renewTime);
}
