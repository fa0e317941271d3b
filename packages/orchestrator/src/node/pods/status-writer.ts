import { isConflict, isNotFound, type KubeClient } from '../../client/index.js';
import { type Pod, type PodStatus, pods } from '../../kinds/index.js';
import type { Clock, Logger } from '../../runtime/index.js';
import { sameStatus } from './status.js';

/** Writes pods' statuses in the background, one write at a time a pod; what was overtaken meanwhile is never written. */
export interface StatusWriter {
  write(pod: Pod, status: PodStatus): void;
  /** Resolves when nothing is left to write for this pod. */
  settled(uid: string): Promise<void>;
  /** What was written last, as the API may not have told us yet. */
  last(uid: string): PodStatus | undefined;
  forget(uid: string): void;
}

interface Entry {
  pod: Pod;
  wanted: PodStatus;
  written?: PodStatus;
  running?: Promise<void>;
}

const retryMs = 500;

export function createStatusWriter(client: KubeClient, clock: Clock, log: Logger): StatusWriter {
  const entries = new Map<string, Entry>();

  const drain = async (uid: string, entry: Entry) => {
    while (entries.get(uid) === entry && !(entry.written && sameStatus(entry.written, entry.wanted))) {
      const { wanted, pod } = entry;
      const { name, namespace } = pod.metadata;
      try {
        // The uid makes the server refuse it for another pod of the same name.
        const patch = { metadata: { uid }, status: { ...removed(entry.written ?? pod.status, wanted), ...wanted } };
        await client.patch(pods, name, namespace, patch, { type: 'merge', subresource: 'status' });
        entry.written = wanted;
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) return;
        log.warn({ error, pod: name, namespace }, 'a pod status was not written: trying again');
        await clock.sleep(retryMs);
      }
    }
  };

  return {
    write(pod, status) {
      const uid = pod.metadata.uid ?? '';
      let entry = entries.get(uid);
      if (!entry) {
        if (sameStatus(pod.status, status)) return;
        entry = { pod, wanted: status };
        entries.set(uid, entry);
      }
      entry.pod = pod;
      entry.wanted = status;
      const current = entry;
      if (!entry.running) {
        entry.running = drain(uid, current).finally(() => {
          current.running = undefined;
        });
      }
    },
    settled: async (uid) => {
      await entries.get(uid)?.running;
    },
    last: (uid) => entries.get(uid)?.wanted,
    forget: (uid) => {
      entries.delete(uid);
    },
  };
}

/** A merge patch removes a field only when told so. */
function removed(before: object | undefined, after: object): Record<string, null> {
  return Object.fromEntries(
    ['reason', 'message', 'initContainerStatuses', 'ephemeralContainerStatuses']
      .filter((key) => before && key in before && !(key in after))
      .map((key) => [key, null]),
  );
}
