import { isJsonObject, type JsonObject, type KindDefinition } from '../../kinds/index.js';
import { type Operation, operationsOf } from './operations.js';
import { collectSchemas, deleteOptionsSchema, mapSchema, statusSchema } from './schemas.js';

const reference = (name: string): JsonObject => ({ $ref: `#/definitions/${name}` });

/** What Swagger 2.0 can say of a node: no alternatives, no nulls; a quantity or a port is a string with a format of its own. */
function toV2(node: JsonObject): JsonObject {
  if (typeof node.$ref === 'string') {
    const { $ref, default: _default, ...rest } = node;
    return { ...rest, ...reference($ref) };
  }
  const { oneOf, anyOf, allOf, not, nullable, 'x-kubernetes-validations': _rules, ...rest } = node;
  void [anyOf, allOf, not];
  const alternatives = Array.isArray(oneOf) ? oneOf.filter(isJsonObject).map((each) => each.type) : [];
  if (alternatives.includes('integer') || node['x-kubernetes-int-or-string'] === true)
    return { ...rest, type: 'string', format: 'int-or-string' };
  if (alternatives.includes('number')) return { ...rest, type: 'string' };
  if (nullable === true) {
    // A type would forbid the null.
    const { type: _type, properties: _properties, items: _items, additionalProperties: _values, ...open } = rest;
    return open;
  }
  if (node['x-kubernetes-preserve-unknown-fields'] === true) {
    const { properties: _properties, ...open } = rest;
    return open;
  }
  return rest;
}

/** `/openapi/v2`: the whole API as Swagger 2.0, as clients before 1.27 read it. */
export function documentV2(kinds: readonly KindDefinition[], version: string): JsonObject {
  const operations = kinds.flatMap(operationsOf);
  const named = operations.flatMap(({ body, answer }) => [body ?? '', answer ?? '']);
  const schemas = collectSchemas(kinds, [statusSchema, deleteOptionsSchema, ...new Set(named)]);
  const paths: Record<string, JsonObject> = {};
  for (const each of operations) paths[each.path] = { ...paths[each.path], [each.method]: operationV2(each) };
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    definitions: Object.fromEntries([...schemas].map(([name, schema]) => [name, mapSchema(schema, toV2)])),
  };
}

function operationV2(operation: Operation): JsonObject {
  const { body, answer } = operation;
  const parameters: JsonObject[] = operation.parameters.map((each) => ({
    name: each.name,
    in: each.in,
    type: each.type,
    uniqueItems: true,
    ...(each.in === 'path' && { required: true }),
  }));
  if (body === 'patch') parameters.unshift({ name: 'body', in: 'body', required: true, schema: { type: 'object' } });
  else if (body)
    parameters.unshift({
      name: 'body',
      in: 'body',
      ...(body !== deleteOptionsSchema && { required: true }),
      schema: reference(body),
    });
  const response = { description: 'OK', schema: answer ? reference(answer) : { type: 'string' } };
  return {
    operationId: operation.id,
    consumes: body === 'patch' ? [...(operation.patches ?? [])] : ['*/*'],
    produces: answer
      ? ['application/json', 'application/yaml', 'application/json;stream=watch']
      : operation.action === 'connect'
        ? ['*/*']
        : ['text/plain', 'application/json', 'application/yaml'],
    schemes: ['https'],
    parameters,
    responses: Object.fromEntries([
      ...operation.codes.map((code) => [String(code), response]),
      ['401', { description: 'Unauthorized' }],
    ]),
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.type,
  };
}
