import type { JsonObject, KindDefinition } from '../../kinds/index.js';
import { type Operation, operationsOf } from './operations.js';
import { collectSchemas, deleteOptionsSchema, mapSchema, statusSchema } from './schemas.js';

const reference = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });

/** OpenAPI 3.0 ignores what stands beside a `$ref`, so it goes around it. */
function toV3(node: JsonObject): JsonObject {
  if (typeof node.$ref !== 'string') return node;
  const { $ref, ...rest } = node;
  return Object.keys(rest).length === 0 ? reference($ref) : { allOf: [reference($ref)], ...rest };
}

/** `/openapi/v3/apis/{group}/{version}`: the document of one group version. */
export function documentV3(kinds: readonly KindDefinition[], version: string): JsonObject {
  const operations = kinds.flatMap(operationsOf);
  const named = operations.flatMap(({ body, answer }) => [body ?? '', answer ?? '']);
  const schemas = collectSchemas(kinds, [statusSchema, deleteOptionsSchema, ...new Set(named)]);
  const paths: Record<string, JsonObject> = {};
  for (const each of operations) paths[each.path] = { ...paths[each.path], [each.method]: operationV3(each) };
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version },
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas: Object.fromEntries([...schemas].map(([name, schema]) => [name, mapSchema(schema, toV3)])),
    },
  };
}

function operationV3(operation: Operation): JsonObject {
  const { body, answer } = operation;
  const schema = answer ? reference(answer) : { type: 'string' };
  const types = answer ? ['application/json', 'application/yaml'] : ['*/*'];
  const content = Object.fromEntries(types.map((type) => [type, { schema }]));
  const sent: JsonObject =
    body === 'patch'
      ? Object.fromEntries((operation.patches ?? []).map((type) => [type, { schema: { type: 'object' } }]))
      : { '*/*': { schema: reference(body ?? '') } };
  return {
    operationId: operation.id,
    parameters: operation.parameters.map((each) => ({
      name: each.name,
      in: each.in,
      schema: { type: each.type, uniqueItems: true },
      ...(each.in === 'path' && { required: true }),
    })),
    ...(body && { requestBody: { content: sent, ...(body !== deleteOptionsSchema && { required: true }) } }),
    responses: Object.fromEntries([
      ...operation.codes.map((code) => [String(code), { description: 'OK', content }]),
      ['401', { description: 'Unauthorized' }],
    ]),
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.type,
  };
}
