import { selectorText } from '../columns.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { isJsonObject, objectAt, objectsAt } from '../json.js';
import { validateLabelSelector } from '../metadata.js';
import { setDefault } from '../pod/pod.defaults.js';
import { networkPolicies } from '../refs.js';

export const networkPolicyKind = defineKind({
  type: networkPolicies,
  schema: 'io.k8s.api.networking.v1.NetworkPolicy',
  shortNames: ['netpol'],
  generationOf: ['spec'],
  setDefaults: (draft) => {
    if (!isJsonObject(draft.spec)) return;
    const { spec } = draft;
    setDefault(spec, 'podSelector', {});
    setDefault(spec, 'policyTypes', objectsAt(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress']);
    for (const rule of [...objectsAt(spec, 'ingress'), ...objectsAt(spec, 'egress')])
      for (const port of objectsAt(rule, 'ports')) setDefault(port, 'protocol', 'TCP');
  },
  validate: (object) => validateLabelSelector(objectAt(objectAt(object, 'spec'), 'podSelector'), 'spec.podSelector'),
  columns: [
    nameColumn,
    {
      name: 'Pod-Selector',
      type: 'string',
      cell: (object) => selectorText(objectAt(objectAt(object, 'spec'), 'podSelector')),
    },
    ageColumn,
  ],
});
