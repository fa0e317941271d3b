import { objectAt, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import type { AdmissionPlugin } from './admission.js';

const labels = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone'];

/** A pod learns with its node where that stands. */
export function topologyLabelsAdmission(store: Store): AdmissionPlugin {
  return {
    name: 'PodTopologyLabels',
    handles: ({ type }, operation, subresource) =>
      type.group === '' && type.plural === 'pods' && operation === 'UPDATE' && subresource === 'binding',
    mutate: ({ object }) => {
      const node = store.get('nodes', '', stringAt(objectAt(object, 'spec'), 'nodeName'));
      const known = node?.value.metadata.labels ?? {};
      const added = Object.fromEntries(labels.filter((each) => each in known).map((each) => [each, known[each]]));
      if (Object.keys(added).length === 0) return;
      const metadata = objectAt(object, 'metadata');
      metadata.labels = { ...objectAt(metadata, 'labels'), ...added };
    },
  };
}
