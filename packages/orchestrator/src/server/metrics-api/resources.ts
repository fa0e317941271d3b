import {
  type Column,
  defineKind,
  formatQuantity,
  type JsonObject,
  nameColumn,
  objectAt,
  objectsAt,
  parseExact,
  type Quantity,
  Schema,
  stringAt,
} from '../../kinds/index.js';
import type { Store, StoredObject } from '../../store/index.js';
import { notFound } from '../api-error.js';
import { asJson, nowText } from '../registry.js';
import type { VirtualResource } from '../virtual.js';
import type { MetricsCollector } from './collector.js';
import type { Usage } from './samples.js';

const group = 'metrics.k8s.io';
const version = 'v1beta1';
const apiVersion = `${group}/${version}`;
const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const metadata = { $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };
const usage = { type: 'object', additionalProperties: { $ref: quantity } };
const measured = {
  metadata,
  timestamp: { $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time' },
  window: { type: 'string' },
};
const container = {
  type: 'object',
  required: ['name', 'usage'],
  properties: { name: { type: 'string' }, usage },
};

const schemaOf = (properties: JsonObject, required: string[]): Schema =>
  new Schema({ type: 'object', required, properties: { ...measured, ...properties } }, {}, undefined);

const columns: readonly Column[] = [
  nameColumn,
  { name: 'cpu', type: 'string', format: 'quantity', cell: (object) => sumOf(object, 'cpu') },
  { name: 'memory', type: 'string', format: 'quantity', cell: (object) => sumOf(object, 'memory') },
  { name: 'Window', type: 'string', format: 'duration', cell: (object) => stringAt(object, 'window') },
];

const nodeMetrics = defineKind({
  type: { group, version, plural: 'nodes', kind: 'NodeMetrics', namespaced: false },
  singular: 'node',
  schema: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics',
  customSchema: schemaOf({ usage }, ['timestamp', 'window', 'usage']),
  verbs: ['get', 'list'],
  columns,
});

const podMetrics = defineKind({
  type: { group, version, plural: 'pods', kind: 'PodMetrics', namespaced: true },
  singular: 'pod',
  schema: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics',
  customSchema: schemaOf({ containers: { type: 'array', items: container } }, ['timestamp', 'window', 'containers']),
  verbs: ['get', 'list'],
  columns,
});

/** `nodes` and `pods` of metrics.k8s.io, from what the collector knows; what it knows nothing of is not found. */
export function metricsResources(store: Store, collector: MetricsCollector): VirtualResource[] {
  const nodeOf = (node: StoredObject): JsonObject | undefined => {
    const found = collector.nodeUsage(node.name);
    return found && { kind: 'NodeMetrics', apiVersion, ...common(node, [found]), usage: toAmounts(found) };
  };
  const podOf = (pod: StoredObject): JsonObject | undefined => {
    const nodeName = stringAt(objectAt(asJson(pod.value), 'spec'), 'nodeName');
    const found = nodeName === '' ? undefined : collector.podUsage(nodeName, pod.namespace, pod.name);
    if (!found || found.size === 0) return undefined;
    const containers = [...found].map(([name, each]) => ({ name, usage: toAmounts(each) }));
    return { kind: 'PodMetrics', apiVersion, ...common(pod, [...found.values()]), containers };
  };
  const all = (objects: readonly StoredObject[], of: (object: StoredObject) => JsonObject | undefined) =>
    objects.map(of).filter((each) => each !== undefined);
  return [
    {
      kind: nodeMetrics,
      get: (_namespace, name) => {
        const node = store.get('nodes', '', name);
        const found = node && nodeOf(node);
        if (!found) throw notFound({ group, plural: 'nodemetrics' }, name);
        return found;
      },
      list: () => all(store.list('nodes'), nodeOf),
    },
    {
      kind: podMetrics,
      get: (namespace, name) => {
        const pod = store.get('pods', namespace, name);
        const found = pod && podOf(pod);
        if (!found) throw notFound({ group, plural: 'podmetrics' }, `${namespace}/${name}`);
        return found;
      },
      list: (namespace) => all(store.list('pods', undefined, namespace), podOf),
    },
  ];
}

function common(object: StoredObject, usages: readonly Usage[]): JsonObject {
  const { labels } = object;
  const earliest = usages.reduce((a, b) => (b.at < a.at ? b : a));
  return {
    metadata: {
      name: object.name,
      ...(object.namespace !== '' && { namespace: object.namespace }),
      creationTimestamp: nowText(),
      ...(Object.keys(labels).length > 0 && { labels: { ...labels } }),
    },
    timestamp: `${new Date(earliest.at).toISOString().slice(0, 19)}Z`,
    window: toDuration(earliest.windowMilliseconds),
  };
}

const toAmounts = (found: Usage): JsonObject => ({
  cpu: formatQuantity({ nano: BigInt(found.cpuNanoCores), format: 'DecimalSI' }),
  memory: formatQuantity({ nano: BigInt(found.memoryBytes) * 1_000_000_000n, format: 'BinarySI' }),
});

/** The usage of a node, or of all of a pod's containers. */
function sumOf(object: JsonObject, key: string): string {
  const usages = object.containers === undefined ? [object] : objectsAt(object, 'containers');
  let sum: Quantity | undefined;
  for (const each of usages) {
    const amount = parseExact(stringAt(objectAt(each, 'usage'), key));
    if (amount) sum = sum ? { nano: sum.nano + amount.nano, format: amount.format } : amount;
  }
  return sum ? formatQuantity(sum) : '0';
}

/** `15.003s`, `1m0.5s`: as Go writes durations. */
function toDuration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  const seconds = (milliseconds - minutes * 60_000) / 1000;
  return `${minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}
