import { createHash } from 'node:crypto';
import { isNotFound, type KubeClient } from '../client/index.js';
import { apiVersionOf, type Event, events, type KubeObject, type ResourceType } from '../kinds/index.js';
import { type Clock, systemClock, toTime } from './clock.js';
import { type Logger, silentLogger } from './context.js';

export interface EventRecorder {
  /** Tells users what happened to an object. Returns at once; a failure to write is logged, never thrown. */
  record<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    severity: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): void;
  /** Resolves when all that was recorded so far is written or given up. */
  flush(): Promise<void>;
}

const aggregateMs = 10 * 60 * 1000;
const mostRemembered = 4096;
const mostQueued = 1000;
const mostMessage = 1024;

/** Writes core/v1 Events; the same event again within ten minutes counts up the first one instead of adding another. */
export function createEventRecorder(options: {
  client: KubeClient;
  /** Shown as the source: `deployment-controller`. */
  component: string;
  host?: string;
  clock?: Clock;
  logger?: Logger;
}): EventRecorder {
  const { client, component, host } = options;
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silentLogger;
  const recent = new Map<string, { name: string; namespace: string; count: number; lastMs: number }>();
  let queued = 0;
  let sequence = 0;
  let tail: Promise<void> = Promise.resolve();

  const write = async (key: string, event: Event, nowMs: number) => {
    const known = recent.get(key);
    const { namespace } = event.metadata;
    if (known && nowMs - known.lastMs < aggregateMs) {
      known.lastMs = nowMs;
      known.count += 1;
      try {
        const patch = { count: known.count, lastTimestamp: toTime(nowMs) };
        await client.patch(events, known.name, known.namespace, patch, { type: 'merge' });
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    // Re-inserted, so that the oldest is always first.
    recent.delete(key);
    recent.set(key, { name: event.metadata.name, namespace: namespace ?? 'default', count: 1, lastMs: nowMs });
    const [oldest] = recent.keys();
    if (recent.size > mostRemembered && oldest !== undefined) recent.delete(oldest);
    await client.create(events, event);
  };

  return {
    record: (type, object, severity, reason, message) => {
      if (queued >= mostQueued) return;
      const nowMs = clock.now();
      const time = toTime(nowMs);
      const { name, uid, resourceVersion } = object.metadata;
      const namespace = object.metadata.namespace ?? 'default';
      const text = message.length > mostMessage ? `${message.slice(0, mostMessage - 1)}…` : message;
      const key = [component, type.kind, namespace, name, uid, severity, reason, text].join('\0');
      sequence += 1;
      const suffix = createHash('sha256').update(`${key}\0${nowMs}\0${sequence}`).digest('hex').slice(0, 16);
      const event: Event = {
        metadata: { name: `${name.slice(0, 230)}.${suffix}`, namespace },
        involvedObject: {
          apiVersion: apiVersionOf(type),
          kind: type.kind,
          name,
          namespace: object.metadata.namespace,
          uid,
          resourceVersion,
        },
        type: severity,
        reason,
        message: text,
        source: { component, host },
        reportingComponent: component,
        reportingInstance: host ?? '',
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
      };
      queued += 1;
      tail = tail
        .then(() => write(key, event, nowMs))
        .catch((error: unknown) => logger.debug({ error, reason, object: name }, 'an event was not written'))
        .finally(() => {
          queued -= 1;
        });
    },
    flush: () => tail,
  };
}
