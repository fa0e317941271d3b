import { CelError, CelList, type CelValue, StructValue, toJson } from '../../cel/index.js';
import { apiVersionOf, isJsonObject, type Json, type JsonObject, type KindDefinition } from '../../kinds/index.js';
import { ApiError } from '../api-error.js';
import { problemsOf } from '../apply/extract.js';
import { asList, asMap, type FieldType, fieldTypeOf, formOf, isListType } from '../apply/field-type.js';
import { mergeValues } from '../apply/merge.js';
import { jsonPatch } from '../json-patch.js';
import { misplacedType } from './object-types.js';

/** A mutation that cannot be made. */
export class MutationError extends Error {}

/** The object with an applied configuration merged in. Throws a MutationError. */
export function applyConfiguration(kind: KindDefinition, object: JsonObject, value: CelValue): JsonObject {
  const misplaced = misplacedType(value, 'Object');
  if (misplaced) throw new MutationError(`type mismatch: ${misplaced}`);
  const content = jsonOf(value, 'ApplyConfiguration');
  if (!isJsonObject(content)) throw new MutationError('invalid return type');
  const configuration: JsonObject = { ...content, apiVersion: apiVersionOf(kind.type), kind: kind.type.kind };
  const type = fieldTypeOf(kind);
  const problems = problemsOf(type, configuration);
  if (problems.length > 0)
    throw new MutationError(
      `error applying patch: failed to convert patch object to typed object: ${problems.join(', ')}`,
    );
  const atomics = atomicsIn(type, configuration, '');
  if (atomics.length > 0)
    throw new MutationError(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`,
    );
  return asMap(mergeValues(type, object, configuration)) ?? object;
}

/** Where the configuration holds something that is replaced as one: what it leaves out would be lost. */
function atomicsIn(type: FieldType, value: Json | undefined, path: string): string[] {
  if (value === undefined || value === null) return [];
  const form = formOf(type, value);
  if (!form) return [];
  const own = form.isAtomic ? [path] : [];
  if (isListType(form))
    return [...own, ...(asList(value) ?? []).flatMap((each, index) => atomicsIn(form.item, each, `${path}[${index}]`))];
  const map = asMap(value) ?? {};
  return [
    ...own,
    ...Object.keys(map).flatMap((name) => {
      const field = form.fields.get(name);
      return field ? atomicsIn(field.type, map[name], `${path}.${name}`) : [];
    }),
  ];
}

/** The object with the operations done; as it was where a `test` among them fails. Throws a MutationError. */
export function applyOperations(object: JsonObject, value: CelValue): JsonObject {
  if (!(value instanceof CelList))
    throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array');
  const operations: JsonObject[] = [...value].map((each) => {
    if (!(each instanceof StructValue) || each.object.name !== 'JSONPatch')
      throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch');
    const given = each.get('value');
    const misplaced = given === undefined ? undefined : misplacedType(given);
    if (misplaced) throw new MutationError(`type mismatch: ${misplaced}`);
    const operation = jsonOf(each, 'valueExpression');
    return isJsonObject(operation) ? operation : {};
  });
  const isTested = operations.some((each) => each.op === 'test');
  try {
    return jsonPatch(object, operations);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (isTested && failsOnlyByTest(object, operations)) return object;
    throw new MutationError(`JSONPath: ${error.message}`);
  }
}

/** Whether the first operation that cannot be done is a test. */
function failsOnlyByTest(object: JsonObject, operations: readonly JsonObject[]): boolean {
  let current = object;
  for (const operation of operations) {
    try {
      current = jsonPatch(current, [operation]);
    } catch (error) {
      if (error instanceof ApiError) return operation.op === 'test';
      throw error;
    }
  }
  return false;
}

function jsonOf(value: CelValue, what: string): Json {
  try {
    return toJson(value);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw new MutationError(`${what} evaluated to a type that could not marshal to JSON: ${error.message}`);
  }
}
