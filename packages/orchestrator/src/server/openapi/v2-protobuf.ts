import { stringify } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../../kinds/index.js';

/** How a field is written: as text, as a flag, or by a message's writer. */
type Writer = (number: number, value: Json) => Buffer;
type Message = Readonly<Record<string, readonly [number: number, writer: Writer]>>;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function field(number: number, content: Buffer | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

const nothing = Buffer.alloc(0);
const text: Writer = (number, value) => (typeof value === 'string' && value !== '' ? field(number, value) : nothing);
const flag: Writer = (number, value) => (value === true ? Buffer.from([...varint(number * 8), 1]) : nothing);
const each =
  (writer: Writer): Writer =>
  (number, value) =>
    Array.isArray(value) ? Buffer.concat(value.map((one) => writer(number, one))) : nothing;
/** gnostic's Any: the value as YAML. */
const any: Writer = (number, value) => field(number, field(2, stringify(value)));
const message =
  (fields: () => Message): Writer =>
  (number, value) =>
    isJsonObject(value) ? field(number, encode(fields(), value)) : nothing;
/** A message with nothing but what it wraps. */
const wrapped =
  (inner: number, writer: Writer): Writer =>
  (number, value) => {
    const bytes = writer(inner, value);
    return bytes.length === 0 ? nothing : field(number, bytes);
  };
/** A map: one `{name: 1, value: 2}` an entry. */
const named =
  (inner: number, writer: Writer): Writer =>
  (number, value) =>
    isJsonObject(value)
      ? field(
          number,
          Buffer.concat(
            Object.entries(value).flatMap(([name, child]) =>
              child === undefined ? [] : [field(inner, Buffer.concat([field(1, name), writer(2, child)]))],
            ),
          ),
        )
      : nothing;

/** Extensions have no field of their own: each becomes a NamedAny in `extensions`. */
function encode(fields: Message, value: JsonObject, extensions = 0): Buffer {
  const number = extensions || (fields['x-']?.[0] ?? 0);
  return Buffer.concat(
    Object.entries(value).flatMap(([name, child]) => {
      if (child === undefined) return [];
      if (name.startsWith('x-'))
        return number === 0 ? [] : [field(number, Buffer.concat([field(1, name), any(2, child)]))];
      const known = fields[name];
      return known ? [known[1](known[0], child)] : [];
    }),
  );
}

/** Field numbers of gnostic's OpenAPIv2.proto. */
const schema: Message = {
  $ref: [1, text],
  format: [2, text],
  title: [3, text],
  description: [4, text],
  default: [5, any],
  pattern: [13, text],
  uniqueItems: [16, flag],
  required: [19, each(text)],
  enum: [20, each(any)],
  additionalProperties: [
    21,
    (number, value) =>
      isJsonObject(value)
        ? field(number, message(() => schema)(1, value))
        : value === true
          ? field(number, flag(2, true))
          : nothing,
  ],
  type: [22, (number, value) => (typeof value === 'string' ? field(number, field(1, value)) : nothing)],
  items: [
    23,
    wrapped(
      1,
      message(() => schema),
    ),
  ],
  properties: [
    25,
    named(
      1,
      message(() => schema),
    ),
  ],
  'x-': [31, any],
};

const bodyParameter: Message = {
  description: [1, text],
  name: [2, text],
  in: [3, text],
  required: [4, flag],
  schema: [5, message(() => schema)],
};
/** The query's and the path's differ in one field that is not used, which moves the type's number. */
const otherParameter = (type: number): Message => ({
  required: [1, flag],
  in: [2, text],
  description: [3, text],
  name: [4, text],
  type: [type, text],
});

const parameter: Writer = (number, value) => {
  if (!isJsonObject(value)) return nothing;
  if (value.in === 'body') return field(number, field(1, field(1, encode(bodyParameter, value))));
  const [kind, type] = value.in === 'path' ? [4, 5] : [3, 6];
  return field(number, field(1, field(2, field(kind, encode(otherParameter(type), value)))));
};

const response: Message = {
  description: [1, text],
  schema: [
    2,
    wrapped(
      1,
      message(() => schema),
    ),
  ],
};

const operation: Message = {
  operationId: [5, text],
  produces: [6, each(text)],
  consumes: [7, each(text)],
  parameters: [8, each(parameter)],
  responses: [
    9,
    named(
      1,
      wrapped(
        1,
        message(() => response),
      ),
    ),
  ],
  schemes: [10, each(text)],
  'x-': [13, any],
};

const pathItem: Message = {
  get: [2, message(() => operation)],
  put: [3, message(() => operation)],
  post: [4, message(() => operation)],
  delete: [5, message(() => operation)],
  patch: [8, message(() => operation)],
};

const document: Message = {
  swagger: [1, text],
  info: [2, message(() => ({ title: [1, text], version: [2, text] }))],
  paths: [
    8,
    named(
      2,
      message(() => pathItem),
    ),
  ],
  definitions: [
    9,
    named(
      1,
      message(() => schema),
    ),
  ],
};

/** The same document as gnostic's openapi.v2.Document: the only form that kubectl before 1.27 reads. */
export function encodeV2(value: JsonObject): Buffer {
  return encode(document, value);
}
