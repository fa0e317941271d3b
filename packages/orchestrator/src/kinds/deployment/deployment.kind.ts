import { ageColumn, type Column, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type FieldError, invalid, required } from '../field-error.js';
import { isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { immutable, validateLabelSelector } from '../metadata.js';
import { defaultPodTemplate, setDefault } from '../pod/pod.defaults.js';
import { validatePodSpec } from '../pod/pod.validation.js';
import { deployments } from '../refs.js';
import { matchesLabelSelector } from '../selectors.js';

export const scaleSubresource = {
  name: 'scale',
  kind: 'Scale',
  group: 'autoscaling',
  version: 'v1',
  verbs: ['get', 'patch', 'update'],
};

/** `a=b,c in (d,e)`, as upstream prints a selector. */
export function selectorText(selector: JsonObject): string {
  const equal = Object.entries(objectAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${String(value)}`);
  const sets = objectsAt(selector, 'matchExpressions').map((each) => {
    const values = Array.isArray(each.values) ? each.values.join(',') : '';
    switch (each.operator) {
      case 'Exists':
        return String(each.key);
      case 'DoesNotExist':
        return `!${String(each.key)}`;
      default:
        return `${String(each.key)} ${String(each.operator).toLowerCase()} (${values})`;
    }
  });
  return [...equal, ...sets].join(',') || '<none>';
}

/** What a Deployment's and a ReplicaSet's spec have in common. */
export function validateReplicated(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = objectAt(object, 'spec');
  const errors: FieldError[] = [];
  for (const key of ['replicas', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']) {
    const value = numberAt(spec, key);
    if (value !== undefined && value < 0)
      errors.push(invalid(`spec.${key}`, value, 'must be greater than or equal to 0'));
  }
  if (!isJsonObject(spec.selector)) errors.push(required('spec.selector'));
  else {
    const selectorErrors = validateLabelSelector(spec.selector, 'spec.selector');
    errors.push(...selectorErrors);
    const labels = Object.fromEntries(
      Object.entries(objectAt(objectAt(objectAt(spec, 'template'), 'metadata'), 'labels')).map(([key, value]) => [
        key,
        String(value),
      ]),
    );
    if (Object.keys(spec.selector).length === 0)
      errors.push(invalid('spec.selector', {}, 'empty selector is invalid for deployment'));
    else if (selectorErrors.length === 0 && !matchesLabelSelector(spec.selector, labels))
      errors.push(invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
  }
  const template = objectAt(objectAt(spec, 'template'), 'spec');
  errors.push(...validatePodSpec(template, 'spec.template.spec'));
  if (stringAt(template, 'restartPolicy') !== '' && template.restartPolicy !== 'Always')
    errors.push({
      field: 'spec.template.spec.restartPolicy',
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(template.restartPolicy)}: supported values: "Always"`,
    });
  return [...errors, ...immutable(object, old, ['spec.selector'])];
}

function validateDeployment(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors = validateReplicated(object, old);
  const strategy = objectAt(objectAt(object, 'spec'), 'strategy');
  const type = stringAt(strategy, 'type');
  if (type !== 'RollingUpdate' && type !== 'Recreate')
    errors.push({
      field: 'spec.strategy.type',
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(type)}: supported values: "Recreate", "RollingUpdate"`,
    });
  if (type === 'Recreate' && strategy.rollingUpdate !== undefined)
    errors.push({
      field: 'spec.strategy.rollingUpdate',
      reason: 'FieldValueForbidden',
      message: "Forbidden: may not be specified when strategy `type` is 'Recreate'",
    });
  const rolling = objectAt(strategy, 'rollingUpdate');
  for (const key of ['maxSurge', 'maxUnavailable']) {
    const value = rolling[key];
    if (typeof value === 'string' && !/^\d+%$/.test(value))
      errors.push(
        invalid(
          `spec.strategy.rollingUpdate.${key}`,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      );
    if (typeof value === 'number' && value < 0)
      errors.push(invalid(`spec.strategy.rollingUpdate.${key}`, value, 'must be greater than or equal to 0'));
  }
  const isZero = (value: unknown) => value === 0 || value === '0%';
  if (type === 'RollingUpdate' && isZero(rolling.maxSurge) && isZero(rolling.maxUnavailable))
    errors.push(invalid('spec.strategy.rollingUpdate.maxUnavailable', 0, 'may not be 0 when `maxSurge` is 0'));
  return errors;
}

const spec = (object: JsonObject) => objectAt(object, 'spec');
const status = (object: JsonObject) => objectAt(object, 'status');
const containers = (object: JsonObject) =>
  objectsAt(objectAt(objectAt(spec(object), 'template'), 'spec'), 'containers');

/** The wide columns of whatever holds a pod template. */
export const templateColumns: Column[] = [
  {
    name: 'Containers',
    type: 'string',
    priority: 1,
    cell: (object) =>
      containers(object)
        .map((each) => stringAt(each, 'name'))
        .join(','),
  },
  {
    name: 'Images',
    type: 'string',
    priority: 1,
    cell: (object) =>
      containers(object)
        .map((each) => stringAt(each, 'image'))
        .join(','),
  },
  { name: 'Selector', type: 'string', priority: 1, cell: (object) => selectorText(objectAt(spec(object), 'selector')) },
];

export const deploymentKind = defineKind({
  type: deployments,
  schema: 'io.k8s.api.apps.v1.Deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: [scaleSubresource, statusSubresource('Deployment')],
  generationOf: ['spec'],
  setDefaults: (draft) => {
    const own = spec(draft);
    if (!isJsonObject(draft.spec)) return;
    setDefault(own, 'replicas', 1);
    setDefault(own, 'revisionHistoryLimit', 10);
    setDefault(own, 'progressDeadlineSeconds', 600);
    setDefault(own, 'strategy', {});
    const strategy = objectAt(own, 'strategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      setDefault(strategy, 'rollingUpdate', {});
      setDefault(objectAt(strategy, 'rollingUpdate'), 'maxUnavailable', '25%');
      setDefault(objectAt(strategy, 'rollingUpdate'), 'maxSurge', '25%');
    }
    defaultPodTemplate(objectAt(own, 'template'));
  },
  validate: validateDeployment,
  columns: [
    nameColumn,
    {
      name: 'Ready',
      type: 'string',
      cell: (object) => `${numberAt(status(object), 'readyReplicas') ?? 0}/${numberAt(spec(object), 'replicas') ?? 0}`,
    },
    { name: 'Up-to-date', type: 'integer', cell: (object) => numberAt(status(object), 'updatedReplicas') ?? 0 },
    { name: 'Available', type: 'integer', cell: (object) => numberAt(status(object), 'availableReplicas') ?? 0 },
    ageColumn,
    ...templateColumns,
  ],
});
