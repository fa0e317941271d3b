import { cloneJson, type JsonObject, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { forbidden } from '../api-error.js';
import { asJson } from '../registry.js';
import { type AdmissionPlugin, type AdmissionRequest, isNewPod } from './admission.js';

const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Gives a pod its service account, that account's pull secrets and a rotating token. */
export function serviceAccountAdmission(store: Store): AdmissionPlugin {
  const mutate = ({ kind, object: pod }: AdmissionRequest) => {
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
      spec.imagePullSecrets = cloneJson(objectsAt(account, 'imagePullSecrets'));
    const wants = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
    if (wants !== false) mountToken(spec);
  };
  return { name: 'ServiceAccount', handles: isNewPod, mutate };
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
