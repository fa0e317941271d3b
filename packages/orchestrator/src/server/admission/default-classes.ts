import { type JsonObject, objectAt, stringAt } from '../../kinds/index.js';
import type { Store, StoredObject } from '../../store/index.js';
import { forbidden } from '../api-error.js';
import { derived } from '../derived.js';
import { asJson } from '../registry.js';
import { type AdmissionPlugin, isNewPod, type Operation } from './admission.js';

type Kind = { type: { group: string; plural: string } };
const isNew = (group: string, plural: string) => (kind: Kind, operation: Operation, subresource: string) =>
  kind.type.group === group && kind.type.plural === plural && operation === 'CREATE' && subresource === '';

const storageClasses = 'storage.k8s.io/storageclasses';
const ingressClasses = 'networking.k8s.io/ingressclasses';
const runtimeClasses = 'node.k8s.io/runtimeclasses';

function defaultsOf(store: Store, resource: string, annotations: readonly string[]): StoredObject[] {
  return store
    .list(resource)
    .filter(({ value }) => annotations.some((each) => value.metadata.annotations?.[each] === 'true'));
}

const newestFirst = (a: StoredObject, b: StoredObject) => {
  const [left, right] = [a, b].map((each) => each.value.metadata.creationTimestamp ?? '');
  if (left !== right) return (left ?? '') < (right ?? '') ? 1 : -1;
  return a.name < b.name ? -1 : 1;
};

/** A claim that names no storage class gets the newest default one. */
export function defaultStorageClassAdmission(store: Store): AdmissionPlugin {
  const annotations = [
    'storageclass.kubernetes.io/is-default-class',
    'storageclass.beta.kubernetes.io/is-default-class',
  ];
  const found = derived(
    store,
    [storageClasses],
    () => defaultsOf(store, storageClasses, annotations).sort(newestFirst)[0],
  );
  return {
    name: 'DefaultStorageClass',
    handles: isNew('', 'persistentvolumeclaims'),
    mutate: ({ object }) => {
      const spec = objectAt(object, 'spec');
      const beta = objectAt(objectAt(object, 'metadata'), 'annotations')['volume.beta.kubernetes.io/storage-class'];
      const name = found()?.name;
      if (name !== undefined && spec.storageClassName === undefined && beta === undefined) spec.storageClassName = name;
    },
  };
}

/** An ingress that names no class gets the default one. */
export function defaultIngressClassAdmission(store: Store): AdmissionPlugin {
  const annotations = ['ingressclass.kubernetes.io/is-default-class'];
  const found = derived(
    store,
    [ingressClasses],
    () => defaultsOf(store, ingressClasses, annotations).sort(newestFirst)[0],
  );
  return {
    name: 'DefaultIngressClass',
    handles: isNew('networking.k8s.io', 'ingresses'),
    mutate: ({ object }) => {
      const spec = objectAt(object, 'spec');
      const old = objectAt(objectAt(object, 'metadata'), 'annotations')['kubernetes.io/ingress.class'];
      const name = found()?.name;
      if (name !== undefined && spec.ingressClassName === undefined && old === undefined) spec.ingressClassName = name;
    },
  };
}

/** A pod that names a runtime class gets its overhead and where it can run. */
export function runtimeClassAdmission(store: Store): AdmissionPlugin {
  return {
    name: 'RuntimeClass',
    handles: isNewPod,
    mutate: ({ kind, name, object }) => {
      const spec = objectAt(object, 'spec');
      const wanted = stringAt(spec, 'runtimeClassName');
      if (wanted === '') return;
      const found = store.get(runtimeClasses, '', wanted);
      if (!found) throw forbidden(kind.type, name, `pod rejected: RuntimeClass ${JSON.stringify(wanted)} not found`);
      const runtime = asJson(found.value);
      const overhead = objectAt(objectAt(runtime, 'overhead'), 'podFixed');
      if (Object.keys(overhead).length > 0) setOverhead(kind, name, spec, overhead);
      const scheduling = objectAt(runtime, 'scheduling');
      setNodeSelector(kind, name, spec, objectAt(scheduling, 'nodeSelector'));
      const tolerations = Array.isArray(scheduling.tolerations) ? scheduling.tolerations : [];
      const own = Array.isArray(spec.tolerations) ? spec.tolerations : [];
      const missing = tolerations.filter((each) => !own.some((have) => JSON.stringify(have) === JSON.stringify(each)));
      if (missing.length > 0) spec.tolerations = [...own, ...missing];
    },
  };
}

function setOverhead(kind: Kind, name: string, spec: JsonObject, wanted: JsonObject): void {
  if (spec.overhead !== undefined && JSON.stringify(spec.overhead) !== JSON.stringify(wanted))
    throw forbidden(kind.type, name, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  spec.overhead = { ...wanted };
}

function setNodeSelector(kind: Kind, name: string, spec: JsonObject, wanted: JsonObject): void {
  if (Object.keys(wanted).length === 0) return;
  const own = objectAt(spec, 'nodeSelector');
  if (Object.entries(wanted).some(([key, value]) => own[key] !== undefined && own[key] !== value))
    throw forbidden(kind.type, name, "conflict: RuntimeClass's nodeSelector and the pod's nodeSelector disagree");
  spec.nodeSelector = { ...own, ...wanted };
}
