import { checkAtMost, checkNonNegative } from '../checks.js';
import { type FieldError, invalid } from '../field-error.js';
import { type JsonObject, numberAt, objectAt } from '../json.js';

const above = 'cannot be greater than status.replicas';

/** The counters of a status are not negative and do not contradict one another; `collisionCount` never falls. */
export function validateCounters(
  counters: readonly string[],
  ofReplicas: readonly string[],
  readyDetail = 'cannot be greater than readyReplicas',
): (object: JsonObject, old: JsonObject) => FieldError[] {
  const pairs = ofReplicas.map((each) => [each, 'replicas', above] as const);
  return (object, old) => {
    const errors: FieldError[] = [];
    const status = objectAt(object, 'status');
    checkNonNegative(status, [...counters, 'observedGeneration', 'collisionCount'], 'status', errors);
    checkAtMost(status, pairs, errors);
    if (ofReplicas.length > 0) checkAtMost(status, [['availableReplicas', 'readyReplicas', readyDetail]], errors);
    const before = numberAt(objectAt(old, 'status'), 'collisionCount');
    const now = numberAt(status, 'collisionCount');
    if (before !== undefined && (now === undefined || now < before))
      errors.push(invalid('status.collisionCount', now ?? 0, 'cannot be decremented'));
    return errors;
  };
}
