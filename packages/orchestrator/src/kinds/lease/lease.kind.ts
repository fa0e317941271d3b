import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { invalid } from '../field-error.js';
import { numberAt, objectAt, stringAt } from '../json.js';
import { leases } from '../refs.js';

export const leaseKind = defineKind({
  type: leases,
  schema: 'io.k8s.api.coordination.v1.Lease',
  validate: (object) => {
    const seconds = numberAt(objectAt(object, 'spec'), 'leaseDurationSeconds');
    return seconds !== undefined && seconds <= 0
      ? [invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
      : [];
  },
  columns: [
    nameColumn,
    { name: 'Holder', type: 'string', cell: (object) => stringAt(objectAt(object, 'spec'), 'holderIdentity') },
    ageColumn,
  ],
});
