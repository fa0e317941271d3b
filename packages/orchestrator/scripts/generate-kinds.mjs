// Writes src/kinds/types.ts (TypeScript types of every kind) from data/schemas.json and data/gateway-api.json.
//   node scripts/generate-kinds.mjs                          types from the committed data
//   node scripts/generate-kinds.mjs STRUCTURE.json GATEWAY.json   also renews the data from published structure files
import { readFileSync, writeFileSync } from 'node:fs';

const dataFile = new URL('../data/schemas.json', import.meta.url);
const gatewayFile = new URL('../data/gateway-api.json', import.meta.url);
const typesFile = new URL('../src/kinds/types.ts', import.meta.url);

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const gateway = 'io.k8s.networking.gateway.v1.';
const metrics = 'io.k8s.metrics.pkg.apis.metrics.v1beta1.';
const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.';
const aggregation = 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.';
/** Every kind of these groups is kept. */
const groups = [
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'metrics.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
];
/** The kinds of Gateway API that our own code has types of; all of them are served as custom resources. */
const gatewayKinds = ['Gateway', 'GatewayClass', 'HTTPRoute', 'ListenerSet'];
const machinery = [
  'APIGroup',
  'APIGroupList',
  'APIResourceList',
  'Condition',
  'DeleteOptions',
  'LabelSelector',
  'ListMeta',
  'ObjectMeta',
  'Status',
].map((kind) => meta + kind);
/** Last segments that two definitions share: the rarer one is renamed. */
const renamed = {
  'io.k8s.api.events.v1.Event': 'EventsEvent',
  'io.k8s.api.events.v1.EventSeries': 'EventsEventSeries',
  'io.k8s.api.discovery.v1.EndpointPort': 'EndpointSlicePort',
  'io.k8s.api.rbac.v1.Subject': 'RbacSubject',
  'io.k8s.api.flowcontrol.v1.Subject': 'FlowSubject',
  'io.k8s.api.storage.v1.TokenRequest': 'CSITokenRequest',
  'io.k8s.api.autoscaling.v1.CrossVersionObjectReference': 'CrossVersionObjectReferenceV1',
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler': 'HorizontalPodAutoscalerV1',
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec': 'HorizontalPodAutoscalerV1Spec',
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus': 'HorizontalPodAutoscalerV1Status',
  [`${extensions}ServiceReference`]: 'CRDServiceReference',
  [`${extensions}WebhookClientConfig`]: 'CRDWebhookClientConfig',
  [`${aggregation}ServiceReference`]: 'APIServiceReference',
};
const scalars = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'number | string',
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'string',
  [`${meta}Time`]: 'string',
  [`${meta}MicroTime`]: 'string',
  [`${meta}FieldsV1`]: 'Readonly<Record<string, unknown>>',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'Readonly<Record<string, unknown>>',
  [`${extensions}JSON`]: 'unknown',
  [`${extensions}JSONSchemaPropsOrArray`]: 'JSONSchemaProps | JSONSchemaProps[]',
  [`${extensions}JSONSchemaPropsOrBool`]: 'JSONSchemaProps | boolean',
  [`${extensions}JSONSchemaPropsOrStringArray`]: 'JSONSchemaProps | string[]',
};

/** The metrics API is served by nobody's published structure file. */
function metricsDefinitions() {
  const usage = {
    additionalProperties: { $ref: 'io.k8s.apimachinery.pkg.api.resource.Quantity' },
    type: 'object',
  };
  const top = (kind, properties) => ({
    properties: {
      apiVersion: { enum: ['metrics.k8s.io/v1beta1'], type: 'string' },
      kind: { enum: [kind], type: 'string' },
      metadata: { $ref: `${meta}ObjectMeta` },
      timestamp: { $ref: `${meta}Time` },
      window: { type: 'string' },
      ...properties,
    },
    required: ['timestamp', 'window', Object.keys(properties)[0]],
    type: 'object',
    'x-kubernetes-group-version-kind': [{ group: 'metrics.k8s.io', kind, version: 'v1beta1' }],
  });
  return {
    [`${metrics}ContainerMetrics`]: {
      properties: { name: { type: 'string' }, usage },
      required: ['name', 'usage'],
      type: 'object',
    },
    [`${metrics}NodeMetrics`]: top('NodeMetrics', { usage }),
    [`${metrics}PodMetrics`]: top('PodMetrics', {
      containers: {
        items: { $ref: `${metrics}ContainerMetrics` },
        type: 'array',
        'x-kubernetes-list-type': 'atomic',
      },
    }),
  };
}

/** A kind with objects of its own, as opposed to a list or a part of one. */
function isTop(schema) {
  const kinds = schema['x-kubernetes-group-version-kind'];
  return kinds?.length === 1 && schema.properties?.metadata?.$ref === `${meta}ObjectMeta`;
}

function refsOf(node, into) {
  if (Array.isArray(node)) for (const item of node) refsOf(item, into);
  else if (node && typeof node === 'object') {
    if (typeof node.$ref === 'string') into.push(node.$ref);
    for (const value of Object.values(node)) refsOf(value, into);
  }
  return into;
}

/** One line a definition; a schema that all versions share stands there once. */
function writeGatewayData(definitions) {
  const lines = definitions.map(({ versions, ...definition }) => {
    const [{ schema }] = versions;
    for (const version of versions)
      if (JSON.stringify(version.schema) !== JSON.stringify(schema))
        throw new Error(`the versions of ${definition.names.kind} differ: keep a schema for each of them`);
    return JSON.stringify({
      ...definition,
      versions: versions.map(({ schema: _, ...version }) => version),
      schema,
    });
  });
  writeFileSync(gatewayFile, `[\n${lines.join(',\n')}\n]\n`);
}

/** The schemas of Gateway API that types are made of. */
function gatewayDefinitions() {
  const definitions = JSON.parse(readFileSync(gatewayFile, 'utf8'));
  return Object.fromEntries(
    definitions
      .filter(({ names }) => gatewayKinds.includes(names.kind))
      .map(({ group, names, schema }) => {
        const own = structuredClone(schema);
        own.properties.metadata = { $ref: `${meta}ObjectMeta` };
        own['x-kubernetes-group-version-kind'] = [{ group, kind: names.kind, version: 'v1' }];
        return [gateway + names.kind, own];
      }),
  );
}

function reduce(structure) {
  const all = { ...structure, ...metricsDefinitions() };
  const kept = {};
  const wanted = Object.entries(all).filter(
    ([, schema]) => isTop(schema) && groups.includes(schema['x-kubernetes-group-version-kind'][0].group),
  );
  const queue = [...wanted.map(([name]) => name), ...machinery];
  while (queue.length > 0) {
    const name = queue.pop();
    if (kept[name]) continue;
    if (!all[name]) throw new Error(`the structure file has no definition ${name}`);
    kept[name] = all[name];
    queue.push(...refsOf(all[name], []));
  }
  return Object.fromEntries(
    Object.keys(kept)
      .sort()
      .map((name) => [name, kept[name]]),
  );
}

const [structurePath, gatewayPath] = process.argv.slice(2);
if (structurePath && gatewayPath) {
  const reduced = reduce(JSON.parse(readFileSync(structurePath, 'utf8')));
  const lines = Object.entries(reduced).map(([name, schema]) => `${JSON.stringify(name)}: ${JSON.stringify(schema)}`);
  writeFileSync(dataFile, `{\n${lines.join(',\n')}\n}\n`);
  writeGatewayData(JSON.parse(readFileSync(gatewayPath, 'utf8')));
}

const published = { ...JSON.parse(readFileSync(dataFile, 'utf8')), ...gatewayDefinitions() };
const definitions = Object.fromEntries(Object.entries(published).sort(([a], [b]) => (a < b ? -1 : 1)));
const nameOf = (definition) => renamed[definition] ?? definition.slice(definition.lastIndexOf('.') + 1);
const out = [];
const taken = new Map();
const singular = (word) =>
  word.endsWith('ies')
    ? `${word.slice(0, -3)}y`
    : /(ches|shes|sses)$/.test(word)
      ? word.slice(0, -2)
      : word.endsWith('s') && !word.endsWith('ss')
        ? word.slice(0, -1)
        : word;
const upper = (word) => word.charAt(0).toUpperCase() + word.slice(1);

function typeOf(schema, owner, property, isItem = false) {
  if (schema.$ref) {
    if (schema.$ref === `${meta}ObjectMeta`) return owner.isTop ? 'ObjectMeta' : 'Partial<ObjectMeta>';
    return scalars[schema.$ref] ?? nameOf(schema.$ref);
  }
  if (owner.isTop && (property === 'apiVersion' || property === 'kind')) return 'string';
  if (schema.enum && schema.type === 'string') return schema.enum.map((value) => `'${value}'`).join(' | ');
  if (schema['x-kubernetes-int-or-string'] || schema.oneOf?.some((each) => each.type === 'integer'))
    return 'number | string';
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array': {
      const item = typeOf(schema.items ?? {}, owner, property, true);
      return `${item.includes('|') ? `(${item})` : item}[]`;
    }
    default:
      if (schema.properties) {
        const name =
          owner.name.replace(/Spec$/, property === 'spec' ? 'Spec' : '') +
          upper(isItem ? singular(property) : property);
        emit(name, schema, {});
        return name;
      }
      if (schema.additionalProperties)
        return `Record<string, ${typeOf(schema.additionalProperties, owner, property, true)}>`;
      return 'Record<string, unknown>';
  }
}

function emit(name, schema, options) {
  const source = JSON.stringify(schema);
  if (taken.has(name)) {
    if (taken.get(name) !== source)
      throw new Error(`two different definitions want the name ${name}: add one to 'renamed'`);
    return;
  }
  taken.set(name, source);
  const required = new Set(schema.required ?? []);
  const owner = { name, isTop: options.isTop === true };
  if (owner.isTop) {
    required.add('metadata');
    if (schema.properties.spec) required.add('spec');
  }
  // The server fills in what it alone decides, so an object made by hand need not carry it.
  if (name === 'ObjectMeta') required.add('name');
  const body = Object.entries(schema.properties ?? {}).map(
    ([property, child]) =>
      `  ${/^[A-Za-z_$][\w$]*$/.test(property) ? property : `'${property}'`}${required.has(property) ? '' : '?'}: ${typeOf(child, owner, property)};`,
  );
  out.push(
    body.length === 0
      ? `export type ${name} = Record<string, never>;`
      : `export interface ${name} {\n${body.join('\n')}\n}`,
  );
}

for (const [definition, schema] of Object.entries(definitions)) {
  if (scalars[definition]) continue;
  emit(nameOf(definition), schema, { isTop: isTop(schema) });
}
writeFileSync(
  typesFile,
  `// Made by scripts/generate-kinds.mjs from data/schemas.json and data/gateway-api.json: do not edit.\n\n${out.join('\n\n')}\n`,
);
