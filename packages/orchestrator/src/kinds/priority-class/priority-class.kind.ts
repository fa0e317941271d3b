import { checkOptionalEnum } from '../checks.js';
import { booleanColumn, metadataOf, numberColumn, textColumn } from '../columns.js';
import { ageColumn, defineKind, nameColumn } from '../definition.js';
import { type FieldError, forbidden } from '../field-error.js';
import { isSame, type JsonObject, numberAt, stringAt } from '../json.js';
import { immutable } from '../metadata.js';
import { setDefault } from '../pod/pod.defaults.js';
import { priorityClasses } from '../refs.js';

const systemPrefix = 'system-';
const highestOfUsers = 1_000_000_000;
/** The classes of the cluster's own pods: no other may have their names. */
export const systemPriorities: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

function validate(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const name = stringAt(metadataOf(object), 'name');
  const value = numberAt(object, 'value') ?? 0;
  if (name.startsWith(systemPrefix)) {
    const wanted = systemPriorities[name];
    const problem =
      wanted === undefined
        ? `${name} is not a known system priority class`
        : wanted !== value
          ? `value of ${name} PriorityClass must be ${wanted}`
          : object.globalDefault === true
            ? `globalDefault of ${name} PriorityClass must be false`
            : undefined;
    if (problem)
      errors.push(
        forbidden(
          'metadata.name',
          `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${problem}`,
        ),
      );
  } else if (value > highestOfUsers)
    errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${highestOfUsers}`));
  if (!old) {
    checkOptionalEnum(object, 'preemptionPolicy', '', ['PreemptLowerPriority', 'Never'], errors);
    return errors;
  }
  if (!isSame(object.value ?? 0, old.value ?? 0)) errors.push(forbidden('value', 'may not be changed in an update.'));
  return [...errors, ...immutable(object, old, ['preemptionPolicy'])];
}

export const priorityClassKind = defineKind({
  type: priorityClasses,
  schema: 'io.k8s.api.scheduling.v1.PriorityClass',
  shortNames: ['pc'],
  generationOf: ['value', 'globalDefault', 'description', 'preemptionPolicy'],
  setDefaults: (draft) => {
    setDefault(draft, 'preemptionPolicy', 'PreemptLowerPriority');
    setDefault(draft, 'value', 0);
  },
  validate,
  columns: [
    nameColumn,
    numberColumn('Value', 'value'),
    booleanColumn('Global-Default', 'globalDefault'),
    ageColumn,
    textColumn('PreemptionPolicy', 'preemptionPolicy'),
  ],
});
