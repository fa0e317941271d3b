import { checkNonNegative } from '../checks.js';
import { column, numberColumn, specOf, statusOf, textColumn } from '../columns.js';
import { ageColumn, type Column, defineKind, nameColumn, statusSubresource } from '../definition.js';
import type { FieldError } from '../field-error.js';
import { arrayAt, isJsonObject, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { presentAt, setDefault } from '../pod/pod.defaults.js';
import { horizontalPodAutoscalers, horizontalPodAutoscalersV1 } from '../refs.js';
import { cpuMetric, cpuUtilization, fromV1, toV1 } from './convert.js';
import { validateAutoscaler } from './horizontal-pod-autoscaler.validation.js';

function setDefaults(draft: JsonObject): void {
  const spec = presentAt(draft, 'spec');
  setDefault(spec, 'minReplicas', 1);
  if (arrayAt(spec, 'metrics').length === 0) spec.metrics = [cpuMetric(cpuUtilization)];
  const { behavior } = spec;
  if (!isJsonObject(behavior)) return;
  behavior.scaleUp = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
    ...objectAt(behavior, 'scaleUp'),
  };
  behavior.scaleDown = {
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    ...objectAt(behavior, 'scaleDown'),
  };
}

const percent = (value: unknown, fallback: string) => (value === undefined ? fallback : `${String(value)}%`);

/** `cpu: 10%/80%`, `<unknown>/5 (avg)`. */
function metricText(metric: JsonObject, status: JsonObject | undefined): string {
  const sourceName = Object.keys(metric).find((key) => key !== 'type') ?? '';
  const target = objectAt(objectAt(metric, sourceName), 'target');
  const own = status?.[sourceName];
  const current = isJsonObject(own) ? objectAt(own, 'current') : undefined;
  const shown = (key: string) => String(current?.[key] ?? '<unknown>');
  switch (metric.type) {
    case 'External':
    case 'Object':
      return target.averageValue === undefined
        ? `${shown('value')}/${String(target.value)}`
        : `${shown('averageValue')}/${String(target.averageValue)} (avg)`;
    case 'Pods':
      return `${shown('averageValue')}/${String(target.averageValue)}`;
    case 'Resource':
    case 'ContainerResource': {
      const name = stringAt(objectAt(metric, sourceName), 'name');
      if (target.averageValue !== undefined) return `${name}: ${shown('averageValue')}/${String(target.averageValue)}`;
      const used = percent(current?.averageUtilization, '<unknown>');
      return `${name}: ${used}/${percent(target.averageUtilization, '<auto>')}`;
    }
    default:
      return '<unknown type>';
  }
}

function targetsText(object: JsonObject): string {
  const metrics = objectsAt(specOf(object), 'metrics');
  if (metrics.length === 0) return '<none>';
  const current = objectsAt(statusOf(object), 'currentMetrics');
  const texts = metrics.map((each, index) => metricText(each, current[index]));
  const shown = texts.slice(0, 2).join(', ');
  return texts.length > 2 ? `${shown} + ${texts.length - 2} more...` : shown;
}

const isV1 = (object: JsonObject) => object.apiVersion === 'autoscaling/v1';

const columns: readonly Column[] = [
  nameColumn,
  column('Reference', (object) => {
    const ref = objectAt(specOf(object), 'scaleTargetRef');
    return `${stringAt(ref, 'kind')}/${stringAt(ref, 'name')}`;
  }),
  column('Targets', (object) => targetsText(isV1(object) ? fromV1(object) : object)),
  textColumn('MinPods', 'spec.minReplicas', '<unset>'),
  numberColumn('MaxPods', 'spec.maxReplicas', { type: 'string' }),
  numberColumn('Replicas', 'status.currentReplicas', { type: 'string' }),
  ageColumn,
];

function validateStatus(object: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  checkNonNegative(statusOf(object), ['currentReplicas', 'desiredReplicas'], 'status', errors);
  return errors;
}

const shared = {
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: [statusSubresource('HorizontalPodAutoscaler', { validate: validateStatus })],
  columns,
};

export const horizontalPodAutoscalerKind = defineKind({
  ...shared,
  type: horizontalPodAutoscalers,
  schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  setDefaults,
  prepareForCreate: (draft) => {
    draft.status = { desiredReplicas: 0, currentMetrics: null };
  },
  validate: validateAutoscaler,
});

/** The first version: a view of the second, which is what is stored. */
export const horizontalPodAutoscalerV1Kind = defineKind({
  ...shared,
  type: horizontalPodAutoscalersV1,
  schema: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
  storedAs: { key: 'autoscaling/horizontalpodautoscalers', toStored: fromV1, fromStored: toV1 },
  setDefaults: (draft) => {
    setDefault(presentAt(draft, 'spec'), 'minReplicas', 1);
  },
  prepareForCreate: (draft) => {
    draft.status = { currentReplicas: 0, desiredReplicas: 0 };
  },
  validate: (object) => validateAutoscaler(fromV1(object)),
});
