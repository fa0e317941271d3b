import type { Store, StoredObject } from '../store/index.js';

/** Calls back at once and after every change of a resource, and now and then in case one was missed. */
export function followResource(
  store: Store,
  of: string,
  onChange: (changed: readonly StoredObject[] | undefined) => void,
): { close(): void } {
  let isClosed = false;
  let subscription: { close(): void } | undefined;
  const subscribe = () => {
    if (isClosed) return;
    if (!store.isReady) {
      setTimeout(subscribe, 1_000).unref();
      return;
    }
    subscription = store.watch(store.revision, {
      resource: of,
      onEvents: (events) => onChange(events.map((each) => each.object)),
      onReset: () => setTimeout(subscribe, 1_000).unref(),
    });
    onChange(undefined);
  };
  subscribe();
  const resync = setInterval(() => {
    if (store.isReady) onChange(undefined);
  }, 60_000);
  resync.unref();
  return {
    close: () => {
      isClosed = true;
      clearInterval(resync);
      subscription?.close();
    },
  };
}

/** Handles keys, one at a time for each; what was asked for meanwhile is looked at once more afterwards. */
export function oneAtATime(handle: (key: string) => Promise<void>, onError: (error: unknown) => void) {
  const asked = new Map<string, boolean>();
  const run = async (key: string) => {
    while (asked.get(key)) {
      asked.set(key, false);
      await handle(key).catch(onError);
    }
    asked.delete(key);
  };
  return (key: string): void => {
    const isRunning = asked.has(key);
    asked.set(key, true);
    if (!isRunning) void run(key);
  };
}
