import { type JsonObject, type KindDefinition, objectAt, objectsAt, stringAt } from '../kinds/index.js';
import type { Store } from '../store/index.js';
import { forbidden, notFound } from './api-error.js';
import { type Admission, asJson } from './registry.js';

/** Nothing is made in a namespace that is not there or on its way out. */
export function namespaceAdmission(store: Store): Admission {
  return (kind, draft, old) => {
    if (!kind.type.namespaced || old) return;
    const metadata = objectAt(draft, 'metadata');
    const name = stringAt(metadata, 'namespace');
    const namespace = store.get('namespaces', '', name);
    if (!namespace) throw notFound({ group: '', plural: 'namespaces' }, name);
    if (namespace.value.metadata.deletionTimestamp !== undefined)
      throw forbidden(
        kind.type,
        stringAt(metadata, 'name'),
        `unable to create new content in namespace ${name} because it is being terminated`,
      );
  };
}

const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const isPod = (kind: KindDefinition) => kind.type.plural === 'pods' && kind.type.group === '';

/** Gives a pod its service account, that account's pull secrets and a rotating token. */
export function serviceAccountAdmission(store: Store): Admission {
  return (kind, pod, old) => {
    if (!isPod(kind) || old) return;
    const metadata = objectAt(pod, 'metadata');
    const spec = objectAt(pod, 'spec');
    const name = stringAt(spec, 'serviceAccountName') || 'default';
    spec.serviceAccountName = name;
    spec.serviceAccount = name;
    const found = store.get('serviceaccounts', stringAt(metadata, 'namespace'), name);
    if (!found) {
      // The default account follows its namespace at once, and a pod may be quicker.
      if (name === 'default') return;
      throw forbidden(
        kind.type,
        stringAt(metadata, 'name'),
        `error looking up service account ${stringAt(metadata, 'namespace')}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
      );
    }
    const account = asJson(found.value);
    if (objectsAt(spec, 'imagePullSecrets').length === 0 && objectsAt(account, 'imagePullSecrets').length > 0)
      spec.imagePullSecrets = structuredClone(objectsAt(account, 'imagePullSecrets'));
    const wants = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
    if (wants !== false) mountToken(spec);
  };
}

function mountToken(spec: JsonObject): void {
  const containers = [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')];
  const without = containers.filter(
    (each) => !objectsAt(each, 'volumeMounts').some((mount) => mount.mountPath === tokenMountPath),
  );
  if (without.length === 0) return;
  const volume = `kube-api-access-${Math.random().toString(36).slice(2, 7).padEnd(5, 'x')}`;
  for (const container of without) {
    const mounts = objectsAt(container, 'volumeMounts');
    container.volumeMounts = [...mounts, { name: volume, readOnly: true, mountPath: tokenMountPath }];
  }
  spec.volumes = [
    ...objectsAt(spec, 'volumes'),
    {
      name: volume,
      projected: {
        defaultMode: 420,
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          {
            downwardAPI: {
              items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
            },
          },
        ],
      },
    },
  ];
}

/** The tolerations and the priority that every pod has. */
export const podAdmission: Admission = (kind, pod, old) => {
  if (!isPod(kind) || old) return;
  const spec = objectAt(pod, 'spec');
  const tolerations = objectsAt(spec, 'tolerations');
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const isTolerated = tolerations.some(
      (each) =>
        (each.key === key || each.key === undefined) && (each.effect === 'NoExecute' || each.effect === undefined),
    );
    if (!isTolerated) tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  }
  spec.tolerations = tolerations;
  spec.priority ??= 0;
  spec.preemptionPolicy ??= 'PreemptLowerPriority';
};
