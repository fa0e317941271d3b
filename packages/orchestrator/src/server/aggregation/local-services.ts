import { apiServices, isSame, type JsonObject, kindDefinitions, objectAt } from '../../kinds/index.js';
import { ApiError } from '../api-error.js';
import { groupPriority, versionPriority } from '../group-order.js';
import { asJson, type Registry, type WriteContext } from '../registry.js';
import { apiServicesKey } from './remote-services.js';

const managedLabel = 'kube-aggregator.kubernetes.io/automanaged';
/** Of custom resources: the object goes with the definition. Of built-in groups: somebody else may answer for them. */
type Managed = 'true' | 'onstart';

export const apiServiceKind = (() => {
  const found = kindDefinitions.find((each) => each.type.plural === apiServices.plural);
  if (!found) throw new Error('no kind is defined for apiservices');
  return found;
})();

/** The APIServices of all that is served here, by name. */
function wantedServices({ catalog }: Registry): Map<string, { spec: JsonObject; managed: Managed }> {
  const wanted = new Map<string, { spec: JsonObject; managed: Managed }>();
  for (const { type, custom } of catalog.kinds) {
    const { group, version } = type;
    const name = `${version}.${group}`;
    if (group === apiServices.group || wanted.has(name)) continue;
    wanted.set(name, {
      spec: {
        ...(group !== '' && { group }),
        version,
        groupPriorityMinimum: groupPriority(group),
        versionPriority: versionPriority(group, version),
      },
      managed: custom ? 'true' : 'onstart',
    });
  }
  return wanted;
}

/** Makes, mends and removes the APIServices of what is served here; those that somebody has taken over are left alone. */
export async function keepLocalServices(registry: Registry, context: () => WriteContext): Promise<void> {
  const wanted = wantedServices(registry);
  const known = new Map(registry.store.list(apiServicesKey).map((each) => [each.name, each]));
  const missing = [...wanted].filter(([name]) => !known.has(name));
  await Promise.all(
    missing.map(([name, { spec, managed }]) =>
      registry
        .create(apiServiceKind, '', { metadata: { name, labels: { [managedLabel]: managed } }, spec }, context())
        .catch(unless('AlreadyExists')),
    ),
  );
  for (const [name, stored] of known) {
    const managed = stored.labels[managedLabel];
    const mine = wanted.get(name);
    if (managed === undefined) continue;
    if (!mine) {
      if (managed !== 'true') continue;
      const object = structuredClone(asJson(stored.value));
      await registry.remove(apiServiceKind, stored, object, context()).catch(unless('NotFound', 'Conflict'));
    } else if (managed === 'true' && !isLike(asJson(stored.value), mine.spec)) {
      const request = { kind: apiServiceKind, namespace: '', name, subresource: '', isRetried: true } as const;
      await registry
        .update({ ...request, change: (current) => ({ ...current, spec: mine.spec }) }, context())
        .catch(unless('NotFound'));
    }
  }
}

const isLike = (object: JsonObject, wanted: JsonObject) =>
  isSame(
    Object.fromEntries(
      Object.entries(objectAt(object, 'spec')).filter(([key, value]) => key !== 'group' || value !== ''),
    ),
    wanted,
  );

const unless =
  (...reasons: string[]) =>
  (error: unknown): void => {
    if (!(error instanceof ApiError) || !reasons.includes(error.reason)) throw error;
  };
