import {
  allDefinitions,
  isJsonObject,
  type Json,
  type JsonObject,
  type KindDefinition,
  kindDefinitions,
} from '../kinds/index.js';

const serverVersion = 'v1.36.0';

/** Definitions refer to one another by name in the data; a document refers to them by path. */
function withPaths(value: Json | undefined, prefix: string): Json {
  if (Array.isArray(value)) return value.map((each) => withPaths(each, prefix));
  if (!isJsonObject(value)) return value ?? null;
  const out: JsonObject = {};
  for (const [key, child] of Object.entries(value))
    out[key] = key === '$ref' && typeof child === 'string' ? `${prefix}${child}` : withPaths(child, prefix);
  return out;
}

function collect(name: string, into: Set<string>): void {
  if (into.has(name)) return;
  into.add(name);
  const visit = (value: Json | undefined): void => {
    if (Array.isArray(value)) for (const each of value) visit(each);
    else if (isJsonObject(value)) {
      if (typeof value.$ref === 'string') collect(value.$ref, into);
      for (const child of Object.values(value)) visit(child);
    }
  };
  visit(allDefinitions()[name]);
}

const pathOf = (kind: KindDefinition) => {
  const { group, version, plural, namespaced } = kind.type;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
};

const groupVersionKind = (kind: KindDefinition): JsonObject => ({
  group: kind.type.group,
  version: kind.type.version,
  kind: kind.type.kind,
});

const queryParameters = ['dryRun', 'fieldManager', 'fieldValidation', 'pretty'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string', uniqueItems: true },
}));

function pathsOf(kind: KindDefinition): JsonObject {
  const reference = { $ref: `#/components/schemas/${kind.schema}` };
  const answer = { 200: { description: 'OK', content: { 'application/json': { schema: reference } } } };
  const operation = (action: string, extra: JsonObject = {}): JsonObject => ({
    responses: answer,
    parameters: queryParameters,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': groupVersionKind(kind),
    ...extra,
  });
  const body = { requestBody: { content: { '*/*': { schema: reference } } } };
  const path = pathOf(kind);
  return {
    [path]: { get: operation('list'), post: operation('post', body) },
    [`${path}/{name}`]: {
      get: operation('get'),
      put: operation('put', body),
      patch: operation('patch', {
        requestBody: { content: { 'application/apply-patch+yaml': { schema: { type: 'object' } } } },
      }),
      delete: operation('delete'),
    },
  };
}

const groupPath = (kind: KindDefinition) =>
  kind.type.group === '' ? `api/${kind.type.version}` : `apis/${kind.type.group}/${kind.type.version}`;

/** `/openapi/v3`: where each group's document is. */
export function openApiIndex(): JsonObject {
  const paths = new Set(kindDefinitions.map(groupPath));
  return {
    paths: Object.fromEntries(
      [...paths].map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${serverVersion}` }]),
    ),
  };
}

const documents = new Map<string, JsonObject>();

/** `/openapi/v3/apis/{group}/{version}`. */
export function findOpenApiDocument(path: string): JsonObject | undefined {
  const known = documents.get(path);
  if (known) return known;
  const kinds = kindDefinitions.filter((kind) => groupPath(kind) === path);
  if (kinds.length === 0) return undefined;
  const names = new Set<string>();
  for (const kind of kinds) collect(kind.schema, names);
  collect('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions', names);
  const schemas = [...names].map((name) => [name, withPaths(allDefinitions()[name], '#/components/schemas/')]);
  const document: JsonObject = {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: serverVersion },
    paths: Object.assign({}, ...kinds.map(pathsOf)),
    components: { schemas: Object.fromEntries(schemas) },
  };
  documents.set(path, document);
  return document;
}
