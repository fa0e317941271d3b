import { type JsonObject, type KindDefinition, objectAt, objectsAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { ApiError } from '../api-error.js';
import { deleteObject } from '../deletion.js';
import { asJson, nowText, type Registry, type WriteContext } from '../registry.js';
import { customKindsOf } from './custom-kind.js';
import { definitionsKey } from './custom-resources.js';
import { cleanupFinalizer } from './definition-admission.js';
import { statusOf, withCondition } from './definition-status.js';

const retryMilliseconds = 1_000;
/** Deletions that are committed together. */
const removedAtOnce = 100;

/**
 * Removes the objects of definitions that are being deleted, then lets the definitions go; and gives names that became free to
 * the definitions that wait for them. Servers beside one another may all run it.
 */
export function startCustomResourceCleanup(
  registry: Registry,
  definitionKind: KindDefinition,
  report: (message: string, error: unknown) => void,
): { close(): void } {
  const { store } = registry;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isRunning = false;
  let seen = -1;
  const run = async () => {
    if (isClosed || isRunning || !store.isReady) return;
    const version = store.version(definitionsKey);
    isRunning = true;
    try {
      const isDone =
        (await settleNames(registry, definitionKind)) && (await removeTerminating(registry, definitionKind));
      if (isDone) seen = version;
    } catch (error) {
      report('custom resources of a deleted definition could not be removed; trying again', error);
    } finally {
      isRunning = false;
    }
  };
  timer = setInterval(() => {
    if (store.isReady && store.version(definitionsKey) !== seen) void run();
  }, retryMilliseconds / 4);
  timer.unref();
  return {
    close: () => {
      isClosed = true;
      clearInterval(timer);
    },
  };
}

const system: WriteContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  isDryRun: false,
  fieldManager: 'kube-apiserver',
  fieldValidation: 'Ignore',
  warnings: [],
};

const definitionsIn = (store: Store) => store.list(definitionsKey).map((each) => asJson(each.value));

/** The status is computed anew when a definition is written; here only where another's going changed it. */
async function settleNames(registry: Registry, kind: KindDefinition): Promise<boolean> {
  const all = definitionsIn(registry.store);
  for (const each of all) {
    if (objectAt(each, 'metadata').deletionTimestamp !== undefined) continue;
    const wanted = statusOf(each, all, nowText());
    const isAccepted = JSON.stringify(objectAt(each, 'status').acceptedNames) === JSON.stringify(wanted.acceptedNames);
    if (!isAccepted) await writeStatus(registry, kind, each, () => wanted);
  }
  return true;
}

/** True when nothing is left to be removed. */
async function removeTerminating(registry: Registry, kind: KindDefinition): Promise<boolean> {
  let isDone = true;
  for (const each of definitionsIn(registry.store)) {
    const metadata = objectAt(each, 'metadata');
    const finalizers = Array.isArray(metadata.finalizers) ? metadata.finalizers : [];
    if (metadata.deletionTimestamp === undefined || !finalizers.includes(cleanupFinalizer)) continue;
    if (await removeObjects(registry, each)) await release(registry, kind, each);
    else {
      isDone = false;
      const condition = {
        type: 'Terminating',
        status: 'True' as const,
        reason: 'InstanceDeletionInProgress',
        message: 'CustomResource deletion is in progress',
      };
      await writeStatus(registry, kind, each, (status) => withCondition(status, condition, nowText()));
    }
  }
  return isDone;
}

/** True when none is left: one with finalizers stays until they are gone. */
async function removeObjects(registry: Registry, definition: JsonObject): Promise<boolean> {
  const spec = objectAt(definition, 'spec');
  const resource = `${String(spec.group)}/${String(objectAt(spec, 'names').plural)}`;
  const stored = registry.store.list(resource);
  if (stored.length === 0) return true;
  const kinds = registry.catalog.kinds.filter(
    ({ custom, type }) => custom && type.group === spec.group && type.plural === objectAt(spec, 'names').plural,
  );
  // In the version they are stored in, so that a hook that converts them need not be there any more.
  const storage = objectsAt(spec, 'versions').find((each) => each.storage === true)?.name;
  const kind = kinds.find((each) => each.type.version === storage) ?? kinds[0] ?? unservedKind(registry, definition);
  if (!kind) return true;
  for (let start = 0; start < stored.length; start += removedAtOnce)
    await Promise.all(
      stored
        .slice(start, start + removedAtOnce)
        .map((each) =>
          ignoreGone(
            deleteObject(registry, kind, each.namespace, each.name, { isDryRun: false }, { ...system, warnings: [] }),
          ),
        ),
    );
  return registry.store.list(resource).length === 0;
}

/** Of a definition none of whose versions is served. Undefined where a built-in kind answers at its path: nothing is its own there. */
function unservedKind({ catalog }: Registry, definition: JsonObject): KindDefinition | undefined {
  const spec = objectAt(definition, 'spec');
  const { plural } = objectAt(spec, 'names');
  if (catalog.builtIn.some(({ type }) => type.group === spec.group && type.plural === plural)) return undefined;
  const versions = objectsAt(spec, 'versions').filter((each) => each.storage === true);
  const served = versions.map((each) => ({ ...each, served: true }));
  return customKindsOf({ ...definition, spec: { ...spec, versions: served } })[0];
}

async function writeStatus(
  registry: Registry,
  kind: KindDefinition,
  definition: JsonObject,
  change: (status: JsonObject) => JsonObject,
): Promise<void> {
  await ignoreGone(
    registry.update(
      {
        kind,
        namespace: '',
        name: String(objectAt(definition, 'metadata').name),
        subresource: 'status',
        change: (current) => ({ ...current, status: change(objectAt(current, 'status')) }),
        isRetried: true,
      },
      { ...system, warnings: [] },
    ),
  );
}

async function release(registry: Registry, kind: KindDefinition, definition: JsonObject): Promise<void> {
  await ignoreGone(
    registry.update(
      {
        kind,
        namespace: '',
        name: String(objectAt(definition, 'metadata').name),
        subresource: '',
        change: (current) => {
          const metadata = objectAt(current, 'metadata');
          const finalizers = Array.isArray(metadata.finalizers) ? metadata.finalizers : [];
          return {
            ...current,
            metadata: { ...metadata, finalizers: finalizers.filter((each) => each !== cleanupFinalizer) },
          };
        },
        isRetried: true,
      },
      { ...system, warnings: [] },
    ),
  );
}

async function ignoreGone(write: Promise<unknown>): Promise<void> {
  await write.catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.code !== 404) throw error;
  });
}
