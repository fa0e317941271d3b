import { checkOptionalEnum } from '../checks.js';
import { specOf, textColumn } from '../columns.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { type FieldError, forbidden, invalid } from '../field-error.js';
import { numberAt, stringAt } from '../json.js';
import { leases } from '../refs.js';

export const leaseKind = defineKind({
  type: leases,
  schema: 'io.k8s.api.coordination.v1.Lease',
  validate: (object) => {
    const errors: FieldError[] = [];
    const spec = specOf(object);
    const seconds = numberAt(spec, 'leaseDurationSeconds');
    if (seconds !== undefined && seconds <= 0)
      errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
    const turns = numberAt(spec, 'leaseTransitions');
    if (turns !== undefined && turns < 0)
      errors.push(invalid('spec.leaseTransitions', turns, 'must be greater than or equal to 0'));
    checkOptionalEnum(spec, 'strategy', 'spec', ['OldestEmulationVersion'], errors);
    if (stringAt(spec, 'preferredHolder') !== '' && stringAt(spec, 'strategy') === '')
      errors.push(forbidden('spec.preferredHolder', 'may only be specified if strategy is defined'));
    return errors;
  },
  columns: [nameColumn, textColumn('Holder', 'spec.holderIdentity'), ageColumn],
});
