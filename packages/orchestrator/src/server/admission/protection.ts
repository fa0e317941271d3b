import { arrayAt, objectAt } from '../../kinds/index.js';
import type { AdmissionPlugin } from './admission.js';

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
};

/** Storage that is in use is kept until nothing uses it any more. */
export const storageProtectionAdmission: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: ({ type }, operation, subresource) =>
    type.group === '' && finalizers[type.plural] !== undefined && operation === 'CREATE' && subresource === '',
  mutate: ({ kind, object }) => {
    const metadata = objectAt(object, 'metadata');
    const known = arrayAt(metadata, 'finalizers');
    const wanted = finalizers[kind.type.plural];
    if (wanted !== undefined && !known.includes(wanted)) metadata.finalizers = [...known, wanted];
  },
};

const notReady = 'node.kubernetes.io/not-ready';

/** A new node takes no pods before it has said that it is ready. */
export const nodeTaintAdmission: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: ({ type }, operation, subresource) =>
    type.group === '' && type.plural === 'nodes' && operation === 'CREATE' && subresource === '',
  mutate: ({ object }) => {
    const spec = objectAt(object, 'spec');
    const taints = arrayAt(spec, 'taints');
    const isThere = taints.some((each) => JSON.stringify(each).includes(`"${notReady}"`));
    if (object)
      object.spec = { ...spec, taints: isThere ? taints : [...taints, { key: notReady, effect: 'NoSchedule' }] };
  },
};
