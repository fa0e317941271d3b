import { compareQuantities, type JsonObject, objectAt, type Quantity, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { forbidden } from '../api-error.js';
import { asJson } from '../registry.js';
import type { AdmissionPlugin } from './admission.js';
import { amountsOf } from './pod-resources.js';

/** A claim grows only where its storage class says that volumes can. */
export function volumeResizeAdmission(store: Store): AdmissionPlugin {
  const canGrow = (name: string): boolean => {
    const found = name === '' ? undefined : store.get('storage.k8s.io/storageclasses', '', name);
    return found !== undefined && asJson(found.value).allowVolumeExpansion === true;
  };
  return {
    name: 'PersistentVolumeClaimResize',
    handles: ({ type }, operation, subresource) =>
      type.group === '' && type.plural === 'persistentvolumeclaims' && operation === 'UPDATE' && subresource === '',
    validate: ({ kind, name, object, old }) => {
      const [now, before] = [storageOf(object), storageOf(old)];
      if (!now || !before || compareQuantities(now, before) <= 0) return;
      if (objectAt(old, 'status').phase !== 'Bound')
        throw forbidden(kind.type, name, 'Only bound persistent volume claims can be expanded');
      const storageClass = classOf(object);
      if (storageClass !== classOf(old) || !canGrow(storageClass))
        throw forbidden(
          kind.type,
          name,
          'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
        );
    },
  };
}

function storageOf(claim: JsonObject | undefined): Quantity | undefined {
  return amountsOf(objectAt(objectAt(objectAt(claim, 'spec'), 'resources'), 'requests')).get('storage');
}

function classOf(claim: JsonObject | undefined): string {
  const annotations = objectAt(objectAt(claim, 'metadata'), 'annotations');
  return (
    stringAt(annotations, 'volume.beta.kubernetes.io/storage-class') ||
    stringAt(objectAt(claim, 'spec'), 'storageClassName')
  );
}
