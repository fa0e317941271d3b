import { checkAtMost100Percent, checkCountOrPercent, checkNonNegative, countOrPercentValue } from '../checks.js';
import { column, numberColumn, specOf, statusOf, templateColumns } from '../columns.js';
import { ageColumn, defineKind, nameColumn, scaleSubresource, statusSubresource } from '../definition.js';
import { type FieldError, forbidden, invalid, notSupported } from '../field-error.js';
import { type JsonObject, numberAt, objectAt, stringAt } from '../json.js';
import { immutable } from '../metadata.js';
import { defaultPodTemplate, presentAt, setDefault, setZero } from '../pod/pod.defaults.js';
import { deployments } from '../refs.js';
import { validateCounters } from '../workload/status.validation.js';
import { validateSelectedTemplate } from '../workload/template.validation.js';

const strategies = ['Recreate', 'RollingUpdate'];

function checkStrategy(spec: JsonObject, errors: FieldError[]): void {
  const strategy = objectAt(spec, 'strategy');
  const type = stringAt(strategy, 'type');
  const at = 'spec.strategy.rollingUpdate';
  if (type === 'Recreate') {
    if (strategy.rollingUpdate !== undefined)
      errors.push(forbidden(at, "may not be specified when strategy `type` is 'Recreate'"));
  } else if (type === 'RollingUpdate') {
    const rolling = objectAt(strategy, 'rollingUpdate');
    const { maxUnavailable, maxSurge } = rolling;
    checkCountOrPercent(maxUnavailable, `${at}.maxUnavailable`, errors);
    checkCountOrPercent(maxSurge, `${at}.maxSurge`, errors);
    if (countOrPercentValue(maxUnavailable) === 0 && countOrPercentValue(maxSurge) === 0)
      errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable ?? 0, 'may not be 0 when `maxSurge` is 0'));
    checkAtMost100Percent(maxUnavailable, `${at}.maxUnavailable`, errors);
  } else errors.push(notSupported('spec.strategy', strategy, strategies));
}

function validate(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  checkNonNegative(spec, ['replicas'], 'spec', errors);
  errors.push(...validateSelectedTemplate(spec, 'ReplicaSet', 'deployment'));
  checkStrategy(spec, errors);
  checkNonNegative(spec, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'], 'spec', errors);
  const deadline = numberAt(spec, 'progressDeadlineSeconds');
  if (deadline !== undefined && deadline <= (numberAt(spec, 'minReadySeconds') ?? 0))
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  return [...errors, ...immutable(object, old, ['spec.selector'])];
}

export const deploymentKind = defineKind({
  type: deployments,
  schema: 'io.k8s.api.apps.v1.Deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: [
    scaleSubresource,
    statusSubresource('Deployment', {
      validate: validateCounters(
        [
          'replicas',
          'updatedReplicas',
          'readyReplicas',
          'availableReplicas',
          'unavailableReplicas',
          'terminatingReplicas',
        ],
        ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
      ),
    }),
  ],
  generationOf: ['spec'],
  setDefaults: (draft) => {
    const spec = presentAt(draft, 'spec');
    setDefault(spec, 'replicas', 1);
    setDefault(spec, 'revisionHistoryLimit', 10);
    setDefault(spec, 'progressDeadlineSeconds', 600);
    setDefault(spec, 'strategy', {});
    const strategy = objectAt(spec, 'strategy');
    setZero(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      setDefault(strategy, 'rollingUpdate', {});
      setDefault(objectAt(strategy, 'rollingUpdate'), 'maxUnavailable', '25%');
      setDefault(objectAt(strategy, 'rollingUpdate'), 'maxSurge', '25%');
    }
    defaultPodTemplate(spec);
  },
  validate,
  columns: [
    nameColumn,
    column(
      'Ready',
      (object) => `${numberAt(statusOf(object), 'readyReplicas') ?? 0}/${numberAt(specOf(object), 'replicas') ?? 0}`,
    ),
    numberColumn('Up-to-date', 'status.updatedReplicas', { type: 'string' }),
    numberColumn('Available', 'status.availableReplicas', { type: 'string' }),
    ageColumn,
    ...templateColumns,
  ],
});
