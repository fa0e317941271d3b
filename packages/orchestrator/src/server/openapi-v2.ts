import { stringify } from 'yaml';
import { allDefinitions, isJsonObject, type Json, type JsonObject } from '../kinds/index.js';

/**
 * `/openapi/v2` in the only form that kubectl before 1.27 reads: gnostic's openapi.v2.Document. Clients ask for it with an `@` before
 * the version, which no media type may have; upstream answers with a dot as well.
 */
export const openApiV2MediaType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** Field numbers of gnostic's OpenAPIv2.proto. */
const document = { swagger: 1, info: 2, paths: 8, definitions: 9 };
const schemaField = {
  ref: 1,
  format: 2,
  required: 19,
  additionalProperties: 21,
  type: 22,
  items: 23,
  properties: 25,
  extension: 31,
};

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

/** NamedAny: an extension, its value as YAML. */
function extension(name: string, value: Json): Buffer {
  return Buffer.concat([field(1, name), field(2, field(2, stringify(value)))]);
}

function named(name: string, schema: JsonObject): Buffer {
  return Buffer.concat([field(1, name), field(2, encodeSchema(schema))]);
}

function encodeSchema(schema: JsonObject): Buffer {
  const parts: Buffer[] = [];
  const text = (number: number, value: Json | undefined) => {
    if (typeof value === 'string' && value !== '') parts.push(field(number, value));
  };
  if (typeof schema.$ref === 'string') parts.push(field(schemaField.ref, `#/definitions/${schema.$ref}`));
  text(schemaField.format, schema.oneOf === undefined ? schema.format : 'int-or-string');
  for (const name of Array.isArray(schema.required) ? schema.required : []) text(schemaField.required, name);
  if (isJsonObject(schema.additionalProperties))
    parts.push(field(schemaField.additionalProperties, field(1, encodeSchema(schema.additionalProperties))));
  // A quantity or a port is written as a string with a format of its own, as upstream does.
  const type = schema.oneOf === undefined ? schema.type : 'string';
  if (typeof type === 'string') parts.push(field(schemaField.type, field(1, type)));
  if (isJsonObject(schema.items)) parts.push(field(schemaField.items, field(1, encodeSchema(schema.items))));
  if (isJsonObject(schema.properties)) {
    const properties = Object.entries(schema.properties).flatMap(([name, child]) =>
      isJsonObject(child) ? [field(1, named(name, child))] : [],
    );
    parts.push(field(schemaField.properties, Buffer.concat(properties)));
  }
  for (const [name, value] of Object.entries(schema))
    if (name.startsWith('x-kubernetes-') && value !== undefined)
      parts.push(field(schemaField.extension, extension(name, value)));
  return Buffer.concat(parts);
}

let encoded: Buffer | undefined;

/** The whole document, encoded at the first question. */
export function openApiV2(): Buffer {
  if (!encoded) {
    const definitions = Object.entries(allDefinitions()).flatMap(([name, schema]) =>
      isJsonObject(schema) ? [field(1, named(name, schema))] : [],
    );
    encoded = Buffer.concat([
      field(document.swagger, '2.0'),
      field(document.info, Buffer.concat([field(1, 'Kubernetes'), field(2, 'v1.36.0')])),
      field(document.paths, ''),
      field(document.definitions, Buffer.concat(definitions)),
    ]);
  }
  return encoded;
}
