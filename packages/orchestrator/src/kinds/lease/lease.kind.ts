import { specOf, textColumn } from '../columns.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { type FieldError, invalid } from '../field-error.js';
import { type JsonObject, numberAt } from '../json.js';
import { leases } from '../refs.js';

function dropCoordination(draft: JsonObject): void {
  const spec = specOf(draft);
  delete spec.strategy;
  delete spec.preferredHolder;
}

export const leaseKind = defineKind({
  type: leases,
  schema: 'io.k8s.api.coordination.v1.Lease',
  // Coordinated leases are not served: their fields are dropped.
  prepareForCreate: dropCoordination,
  prepareForUpdate: dropCoordination,
  validate: (object) => {
    const errors: FieldError[] = [];
    const spec = specOf(object);
    const seconds = numberAt(spec, 'leaseDurationSeconds');
    if (seconds !== undefined && seconds <= 0)
      errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
    const turns = numberAt(spec, 'leaseTransitions');
    if (turns !== undefined && turns < 0)
      errors.push(invalid('spec.leaseTransitions', turns, 'must be greater than or equal to 0'));
    return errors;
  },
  columns: [nameColumn, textColumn('Holder', 'spec.holderIdentity'), ageColumn],
});
