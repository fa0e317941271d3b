import { checkAtMost100Percent, checkCountOrPercent, checkNonNegative, countOrPercentValue } from '../checks.js';
import { column, labelsText, numberColumn, specOf, templateColumns } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type FieldError, invalid, notSupported, required } from '../field-error.js';
import { isJsonObject, type JsonObject, objectAt } from '../json.js';
import { immutable } from '../metadata.js';
import { defaultPodTemplate, presentAt, setDefault, setZero } from '../pod/pod.defaults.js';
import { daemonSets } from '../refs.js';
import { validateCounters } from '../workload/status.validation.js';
import { validateSelectedTemplate } from '../workload/template.validation.js';

function setDefaults(draft: JsonObject): void {
  const spec = presentAt(draft, 'spec');
  setDefault(spec, 'updateStrategy', {});
  const strategy = objectAt(spec, 'updateStrategy');
  setZero(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') {
    setDefault(strategy, 'rollingUpdate', {});
    setDefault(objectAt(strategy, 'rollingUpdate'), 'maxUnavailable', 1);
    setDefault(objectAt(strategy, 'rollingUpdate'), 'maxSurge', 0);
  }
  setDefault(spec, 'revisionHistoryLimit', 10);
  defaultPodTemplate(spec);
}

function checkStrategy(spec: JsonObject, errors: FieldError[]): void {
  const strategy = objectAt(spec, 'updateStrategy');
  const at = 'spec.updateStrategy.rollingUpdate';
  if (strategy.type === 'OnDelete') return;
  if (strategy.type !== 'RollingUpdate') {
    errors.push(notSupported('spec.updateStrategy', strategy, ['RollingUpdate', 'OnDelete']));
    return;
  }
  if (!isJsonObject(strategy.rollingUpdate)) {
    errors.push(required(at));
    return;
  }
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate;
  for (const [key, value] of [
    ['maxUnavailable', maxUnavailable],
    ['maxSurge', maxSurge],
  ] as const) {
    checkCountOrPercent(value, `${at}.${key}`, errors);
    checkAtMost100Percent(value, `${at}.${key}`, errors);
  }
  const hasUnavailable = countOrPercentValue(maxUnavailable) !== 0;
  const hasSurge = countOrPercentValue(maxSurge) !== 0;
  if (hasUnavailable && hasSurge)
    errors.push(invalid(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (!hasUnavailable && !hasSurge) errors.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
}

export const daemonSetKind = defineKind({
  type: daemonSets,
  schema: 'io.k8s.api.apps.v1.DaemonSet',
  shortNames: ['ds'],
  categories: ['all'],
  subresources: [
    statusSubresource('DaemonSet', {
      validate: validateCounters(
        [
          'currentNumberScheduled',
          'numberMisscheduled',
          'desiredNumberScheduled',
          'numberReady',
          'updatedNumberScheduled',
          'numberAvailable',
          'numberUnavailable',
        ],
        [],
      ),
    }),
  ],
  generationOf: ['spec'],
  setDefaults,
  prepareForCreate: (draft) => {
    draft.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
  },
  validate: (object, old) => {
    const spec = specOf(object);
    const errors = validateSelectedTemplate(spec, 'DaemonSet', 'daemonset');
    checkNonNegative(spec, ['minReadySeconds', 'revisionHistoryLimit'], 'spec', errors);
    checkStrategy(spec, errors);
    return [...errors, ...immutable(object, old, ['spec.selector'])];
  },
  columns: [
    nameColumn,
    numberColumn('Desired', 'status.desiredNumberScheduled'),
    numberColumn('Current', 'status.currentNumberScheduled'),
    numberColumn('Ready', 'status.numberReady'),
    numberColumn('Up-to-date', 'status.updatedNumberScheduled'),
    numberColumn('Available', 'status.numberAvailable'),
    column('Node Selector', (object) =>
      labelsText(objectAt(objectAt(objectAt(specOf(object), 'template'), 'spec'), 'nodeSelector')),
    ),
    ageColumn,
    ...templateColumns,
  ],
});
