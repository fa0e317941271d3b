import { isJsonObject, type Json, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';

// autoscaling/v1 holds the CPU's target alone; all else of v2 travels in annotations, in the form of an older version.

const prefix = 'autoscaling.alpha.kubernetes.io/';
const annotation = {
  metrics: `${prefix}metrics`,
  current: `${prefix}current-metrics`,
  conditions: `${prefix}conditions`,
  behavior: `${prefix}behavior`,
} as const;
export const cpuUtilization = 80;

const clean = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

const isCpu = (metric: JsonObject, values: string): boolean =>
  metric.type === 'Resource' &&
  objectAt(metric, 'resource').name === 'cpu' &&
  numberAt(objectAt(objectAt(metric, 'resource'), values), 'averageUtilization') !== undefined;

export const cpuMetric = (utilization: Json): JsonObject => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: utilization } },
});

/** A metric of v2, with its amounts under `target` or `current`, in the flat form that names each amount. */
function toFlat(metric: JsonObject, amounts: 'target' | 'current'): JsonObject {
  const out: JsonObject = { type: metric.type };
  for (const key of ['object', 'pods', 'resource', 'containerResource', 'external'] as const) {
    const source = metric[key];
    if (!isJsonObject(source)) continue;
    const { value, averageValue, averageUtilization } = objectAt(source, amounts);
    const { name, selector } = objectAt(source, 'metric');
    const own = (suffix: string) => `${amounts}${suffix}`;
    switch (key) {
      case 'object':
        out[key] = clean({
          target: source.describedObject,
          metricName: name,
          [own('Value')]: value ?? '0',
          selector,
          averageValue,
        });
        break;
      case 'pods':
        out[key] = clean({ metricName: name, [own('AverageValue')]: averageValue ?? '0', selector });
        break;
      case 'external':
        out[key] = clean({
          metricName: name,
          metricSelector: selector,
          [own('Value')]: value ?? (amounts === 'current' ? '0' : undefined),
          [own('AverageValue')]: averageValue,
        });
        break;
      default:
        out[key] = clean({
          name: source.name,
          container: source.container,
          [own('AverageUtilization')]: averageUtilization,
          [own('AverageValue')]: averageValue ?? (amounts === 'current' ? '0' : undefined),
        });
    }
  }
  return out;
}

function fromFlat(metric: JsonObject, amounts: 'target' | 'current'): JsonObject {
  const out: JsonObject = { type: metric.type };
  const own = (suffix: string) => `${amounts}${suffix}`;
  for (const key of ['object', 'pods', 'resource', 'containerResource', 'external'] as const) {
    const source = metric[key];
    if (!isJsonObject(source)) continue;
    const value = source[own('Value')];
    const isAverage = key === 'object' ? source.averageValue !== undefined : false;
    const amount = clean({
      type: undefined,
      value: key === 'pods' || (isAverage && value === '0') ? undefined : value,
      averageValue: key === 'object' ? source.averageValue : source[own('AverageValue')],
      averageUtilization: source[own('AverageUtilization')],
    });
    if (amounts === 'target') amount.type = targetType(amount, key);
    const identity = clean({ name: source.metricName, selector: source.selector ?? source.metricSelector });
    switch (key) {
      case 'object':
        out[key] = { describedObject: source.target, metric: identity, [amounts]: amount };
        break;
      case 'pods':
      case 'external':
        out[key] = { metric: identity, [amounts]: amount };
        break;
      default:
        out[key] = clean({ name: source.name, container: source.container, [amounts]: amount });
    }
  }
  return out;
}

function targetType(amount: JsonObject, key: string): string {
  if (amount.averageUtilization !== undefined) return 'Utilization';
  if (key === 'external') return amount.value === undefined ? 'AverageValue' : 'Value';
  return amount.averageValue === undefined ? 'Value' : 'AverageValue';
}

/** autoscaling/v2, as it is stored, seen as autoscaling/v1. */
export function toV1(object: JsonObject): JsonObject {
  const spec = objectAt(object, 'spec');
  const status = objectAt(object, 'status');
  const metadata = objectAt(object, 'metadata');
  const annotations = withoutCarried(objectAt(metadata, 'annotations'));
  const metrics = objectsAt(spec, 'metrics');
  const current = objectsAt(status, 'currentMetrics');
  const others = metrics.filter((each) => !isCpu(each, 'target'));
  if (others.length > 0) annotations[annotation.metrics] = JSON.stringify(others.map((each) => toFlat(each, 'target')));
  if (current.length > 0)
    annotations[annotation.current] = JSON.stringify(current.map((each) => toFlat(each, 'current')));
  if (isJsonObject(spec.behavior)) annotations[annotation.behavior] = JSON.stringify(spec.behavior);
  const conditions = objectsAt(status, 'conditions');
  if (conditions.length > 0) annotations[annotation.conditions] = JSON.stringify(conditions);
  const cpu = metrics.find((each) => isCpu(each, 'target'));
  const used = current.find((each) => isCpu(each, 'current'));
  return clean({
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: clean({
      ...metadata,
      annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
    }),
    spec: clean({
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      targetCPUUtilizationPercentage: cpu && objectAt(objectAt(cpu, 'resource'), 'target').averageUtilization,
    }),
    status: isJsonObject(object.status)
      ? clean({
          observedGeneration: status.observedGeneration,
          lastScaleTime: status.lastScaleTime,
          currentReplicas: status.currentReplicas ?? 0,
          desiredReplicas: status.desiredReplicas ?? 0,
          currentCPUUtilizationPercentage: used && objectAt(objectAt(used, 'resource'), 'current').averageUtilization,
        })
      : undefined,
  });
}

/** autoscaling/v1 in the form in which it is stored. */
export function fromV1(object: JsonObject): JsonObject {
  const spec = objectAt(object, 'spec');
  const status = objectAt(object, 'status');
  const metadata = objectAt(object, 'metadata');
  const carried = objectAt(metadata, 'annotations');
  const percentage = spec.targetCPUUtilizationPercentage;
  const metrics = [
    ...listIn(carried, annotation.metrics).map((each) => fromFlat(each, 'target')),
    ...(percentage === undefined ? [] : [cpuMetric(percentage)]),
  ];
  const behavior = parsed(carried, annotation.behavior);
  const current = listIn(carried, annotation.current).map((each) => fromFlat(each, 'current'));
  const conditions = listIn(carried, annotation.conditions);
  const annotations = withoutCarried(carried);
  return clean({
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: clean({
      ...metadata,
      annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
    }),
    spec: clean({
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      metrics: metrics.length > 0 ? metrics : [cpuMetric(cpuUtilization)],
      behavior: isJsonObject(behavior) ? behavior : undefined,
    }),
    status: isJsonObject(object.status)
      ? clean({
          observedGeneration: status.observedGeneration,
          lastScaleTime: status.lastScaleTime,
          currentReplicas: status.currentReplicas,
          desiredReplicas: status.desiredReplicas ?? 0,
          currentMetrics: current.length > 0 ? current : null,
          conditions: conditions.length > 0 ? conditions : undefined,
        })
      : undefined,
  });
}

function withoutCarried(annotations: JsonObject): JsonObject {
  const names: readonly string[] = Object.values(annotation);
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !names.includes(key)));
}

function parsed(annotations: JsonObject, key: string): Json | undefined {
  const text = stringAt(annotations, key);
  if (text === '') return undefined;
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function listIn(annotations: JsonObject, key: string): JsonObject[] {
  const value = parsed(annotations, key);
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
