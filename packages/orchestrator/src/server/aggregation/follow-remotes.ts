import { objectAt, objectsAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { followResource, oneAtATime } from '../follow.js';
import { asJson, nowText, type Registry, type WriteContext } from '../registry.js';
import { checkAvailability, localCondition } from './availability.js';
import type { Connector } from './connect.js';
import { apiServiceKind, keepLocalServices } from './local-services.js';
import { type RemoteApi, readRemoteApi } from './remote-api.js';
import { apiServicesKey, availableOf, type Condition, type RemoteService } from './remote-services.js';

const checkEveryMilliseconds = 30_000;
const readEveryMilliseconds = 60_000;

/** What was found out about a remote API, for as long as its APIService stays as it was. */
interface Known {
  /** What decides how it is reached. */
  readonly target: string;
  readonly condition: Condition;
  api: RemoteApi | undefined;
  readAt: number;
  isFresh: boolean;
}

export interface FollowOptions {
  store: Store;
  registry: Registry;
  connector: Connector;
  remotes: () => ReadonlyMap<string, RemoteService>;
  context: () => WriteContext;
  onError(error: unknown, what: string): void;
}

/** Checks remote APIs when something about them changes and now and then, and knows what they serve. */
export interface RemoteFollower {
  find(remote: RemoteService): { api: RemoteApi; isFresh: boolean } | undefined;
  close(): void;
}

const targetOf = ({ service, caBundle, isUnverified, group, version }: RemoteService) =>
  JSON.stringify([service, caBundle, isUnverified, group, version]);

const isSameCondition = (a: Condition | undefined, b: Condition) =>
  a?.status === b.status && a.reason === b.reason && a.message === b.message;

export function followRemotes(options: FollowOptions): RemoteFollower {
  const { store, registry, connector, remotes, context, onError } = options;
  const known = new Map<string, Known>();

  const byName = (name: string) => [...remotes().values()].find((each) => each.name === name);

  async function check(name: string): Promise<void> {
    const remote = byName(name);
    if (!remote) {
      known.delete(name);
      if (store.get(apiServicesKey, '', name)) await writeCondition(registry, name, localCondition, context());
      return;
    }
    const target = targetOf(remote);
    const last = known.get(name);
    const before = last?.target === target ? last : undefined;
    const condition = await checkAvailability(store, connector, remote);
    const isAvailable = condition.status === 'True';
    const entry: Known = {
      target,
      condition,
      api: before?.api,
      readAt: before?.readAt ?? 0,
      isFresh: isAvailable && before?.isFresh === true,
    };
    const isOld = Date.now() - entry.readAt >= readEveryMilliseconds;
    if (isAvailable && (!entry.isFresh || isOld))
      try {
        const api = await readRemoteApi(connector, remote, entry.api);
        entry.api = api;
        entry.readAt = Date.now();
        entry.isFresh = true;
      } catch (error) {
        entry.isFresh = false;
        onError(error, `the discovery of ${name} could not be read`);
      }
    known.set(name, entry);
    if (!isSameCondition(remote.condition, condition)) await writeCondition(registry, name, condition, context());
  }

  const checkSoon = oneAtATime(check, (error) => onError(error, 'the state of an APIService could not be written'));
  const keepLocal = oneAtATime(
    () => keepLocalServices(registry, context),
    (error) => onError(error, 'the APIServices of what is served here could not be written'),
  );

  /** An APIService was written: perhaps by the check itself, which has nothing to learn from that. */
  function onApiService(name: string): void {
    const remote = byName(name);
    const last = known.get(name);
    const isSettled = remote && last?.target === targetOf(remote) && isSameCondition(remote.condition, last.condition);
    if (!isSettled) checkSoon(name);
  }

  const isOfRemote = (namespace: string, service: string) =>
    [...remotes().values()].filter((each) => each.service.namespace === namespace && each.service.name === service);
  const follow = (resource: string, onChange: Parameters<typeof followResource>[2]) =>
    followResource(store, resource, onChange);
  const followers = [
    follow(apiServicesKey, (changed) => {
      for (const { name } of changed ?? store.list(apiServicesKey)) onApiService(name);
      keepLocal('');
    }),
    follow('apiextensions.k8s.io/customresourcedefinitions', () => keepLocal('')),
    follow('services', (changed) => {
      for (const each of changed ?? [])
        for (const remote of isOfRemote(each.namespace, each.name)) checkSoon(remote.name);
    }),
    follow('discovery.k8s.io/endpointslices', (changed) => {
      for (const each of changed ?? [])
        for (const remote of isOfRemote(each.namespace, each.labels['kubernetes.io/service-name'] ?? ''))
          checkSoon(remote.name);
    }),
  ];
  const timer = setInterval(() => {
    if (store.isReady) for (const { name } of remotes().values()) checkSoon(name);
  }, checkEveryMilliseconds);
  timer.unref();

  return {
    find: (remote) => {
      const entry = known.get(remote.name);
      return entry?.api && entry.target === targetOf(remote) ? { api: entry.api, isFresh: entry.isFresh } : undefined;
    },
    close: () => {
      clearInterval(timer);
      for (const each of followers) each.close();
    },
  };
}

/** Writes the condition Available, with a new time where its status is another. */
async function writeCondition(
  registry: Registry,
  name: string,
  { status, reason, message }: Condition,
  context: WriteContext,
): Promise<void> {
  const stored = registry.store.get(apiServicesKey, '', name);
  if (!stored || isSameCondition(availableOf(asJson(stored.value)), { status, reason, message })) return;
  const request = { kind: apiServiceKind, namespace: '', name, subresource: 'status', isRetried: true } as const;
  await registry.update(
    {
      ...request,
      change: (current) => {
        const conditions = objectsAt(objectAt(current, 'status'), 'conditions');
        const old = conditions.find((each) => each.type === 'Available');
        const since = old?.status === status ? old.lastTransitionTime : undefined;
        const made = { type: 'Available', status, lastTransitionTime: since ?? nowText(), reason, message };
        const others = conditions.filter((each) => each !== old);
        return { ...current, status: { ...objectAt(current, 'status'), conditions: [...others, made] } };
      },
    },
    context,
  );
}
