import { arrayAt, type JsonObject, objectAt, objectsAt, runAsUserAnnotation, stringAt } from '../../../kinds/index.js';
import type { Store } from '../../../store/index.js';
import { asJson } from '../../registry.js';
import { type AdmissionPlugin, isNewPod } from '../admission.js';

const enforced = 'pod-security.kubernetes.io/enforce';

/**
 * In a namespace that is held to `restricted` and names a user of its own (`slipway.dev/run-as-user`), pods get what the level
 * asks for wherever they say nothing, so that ordinary manifests run there. What a pod says itself is left, and judged.
 */
export function podSecurityDefaults(store: Store): AdmissionPlugin {
  return {
    name: 'PodSecurityDefaults',
    handles: (kind, operation, subresource) =>
      isNewPod(kind, operation, subresource) ||
      (kind.type.kind === 'Pod' && kind.type.group === '' && subresource === 'ephemeralcontainers'),
    mutate: ({ namespace, object, operation }) => {
      const user = defaultUserOf(store, namespace);
      if (!object || user === undefined) return;
      const spec = objectAt(object, 'spec');
      if (operation === 'CREATE') {
        const metadata = objectAt(object, 'metadata');
        metadata.annotations = { ...objectAt(metadata, 'annotations'), [runAsUserAnnotation]: String(user) };
        object.metadata = metadata;
        object.spec = restrict(spec, user);
      } else spec.ephemeralContainers = objectsAt(spec, 'ephemeralContainers').map(restrictContainer);
    },
  };
}

/** The user of a namespace that fills pods up; undefined: it does not. */
export function defaultUserOf(store: Store, namespace: string): number | undefined {
  const found = store.get('namespaces', '', namespace);
  if (!found) return undefined;
  const metadata = objectAt(asJson(found.value), 'metadata');
  if (objectAt(metadata, 'labels')[enforced] !== 'restricted') return undefined;
  const user = Number(stringAt(objectAt(metadata, 'annotations'), runAsUserAnnotation));
  return Number.isInteger(user) && user > 0 ? user : undefined;
}

/** A pod's spec with what `restricted` asks for where it says nothing. The one given stays as it is. */
export function restrict(spec: JsonObject, user: number): JsonObject {
  const isWindows = stringAt(objectAt(spec, 'os'), 'name') === 'windows';
  if (isWindows) return spec;
  const containers = Object.fromEntries(
    ['initContainers', 'containers', 'ephemeralContainers']
      .filter((list) => spec[list] !== undefined)
      .map((list) => [list, objectsAt(spec, list).map(restrictContainer)]),
  );
  const securityContext = {
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
    fsGroup: user,
    ...given(objectAt(spec, 'securityContext')),
  };
  return { ...spec, ...containers, securityContext };
}

function restrictContainer(container: JsonObject): JsonObject {
  const own = objectAt(container, 'securityContext');
  const capabilities = objectAt(own, 'capabilities');
  const drop = arrayAt(capabilities, 'drop');
  return {
    ...container,
    securityContext: {
      allowPrivilegeEscalation: false,
      ...given(own),
      capabilities: { ...given(capabilities), drop: drop.includes('ALL') ? drop : [...drop, 'ALL'] },
    },
  };
}

const given = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null));
