import { duplicate, type FieldError, invalid, notSupported, required, tooLong, tooMany } from './field-error.js';
import { isJsonObject, isSame, type Json, type JsonObject } from './json.js';
import type { Schema } from './schema.js';

/** What a schema itself says of a decoded value: required fields, enumerations, lengths, ranges, patterns, keys of lists. */
export function validateSchema(schema: Schema, value: Json | undefined, field: string, errors: FieldError[]): void {
  if (value === undefined || value === null) return;
  const { raw } = schema;
  if (Array.isArray(raw.enum) && !raw.enum.some((each) => isSame(each, value))) {
    errors.push(notSupported(field, value, raw.enum.map(String)));
    return;
  }
  if (typeof value === 'string') validateString(raw, value, field, errors);
  else if (typeof value === 'number') validateNumber(raw, value, field, errors);
  else if (Array.isArray(value)) validateArray(schema, value, field, errors);
  else if (isJsonObject(value)) validateObject(schema, value, field, errors);
}

function validateString(raw: JsonObject, value: string, field: string, errors: FieldError[]): void {
  if (typeof raw.maxLength === 'number' && value.length > raw.maxLength) errors.push(tooLong(field, raw.maxLength));
  if (typeof raw.minLength === 'number' && value.length < raw.minLength)
    errors.push(invalid(field, value, `${field} in body should be at least ${raw.minLength} chars long`));
  if (typeof raw.pattern === 'string' && !patternOf(raw.pattern).test(value))
    errors.push(invalid(field, value, `${field} in body should match '${raw.pattern}'`));
}

function validateNumber(raw: JsonObject, value: number, field: string, errors: FieldError[]): void {
  if (typeof raw.minimum === 'number' && value < raw.minimum)
    errors.push(invalid(field, value, `${field} in body should be greater than or equal to ${raw.minimum}`));
  if (typeof raw.maximum === 'number' && value > raw.maximum)
    errors.push(invalid(field, value, `${field} in body should be less than or equal to ${raw.maximum}`));
}

function validateArray(schema: Schema, value: Json[], field: string, errors: FieldError[]): void {
  const { raw, items, listMapKeys } = schema;
  if (typeof raw.maxItems === 'number' && value.length > raw.maxItems)
    errors.push(tooMany(field, value.length, raw.maxItems));
  if (typeof raw.minItems === 'number' && value.length < raw.minItems)
    errors.push(invalid(field, value.length, `${field} in body should have at least ${raw.minItems} items`));
  const seen = new Set<string>();
  const isKeyed = schema.listType === 'map' || schema.listType === 'set';
  value.forEach((item, index) => {
    if (items) validateSchema(items, item, `${field}[${index}]`, errors);
    if (!isKeyed) return;
    const key = isJsonObject(item) ? listMapKeys.map((name) => [name, item[name] ?? null]) : [['', item]];
    const text = JSON.stringify(key);
    if (seen.has(text))
      errors.push(duplicate(`${field}[${index}]`, isJsonObject(item) ? Object.fromEntries(key) : item));
    seen.add(text);
  });
}

function validateObject(schema: Schema, value: JsonObject, field: string, errors: FieldError[]): void {
  const { raw } = schema;
  for (const name of schema.required)
    if (value[name] === undefined) errors.push(required(field ? `${field}.${name}` : name));
  if (typeof raw.maxProperties === 'number' && Object.keys(value).length > raw.maxProperties)
    errors.push(tooMany(field, Object.keys(value).length, raw.maxProperties));
  for (const name in value) {
    const child = schema.child(name);
    if (child)
      validateSchema(
        child,
        value[name],
        schema.values ? `${field}[${name}]` : field ? `${field}.${name}` : name,
        errors,
      );
  }
}

/** Fills in the defaults that a schema itself carries. */
export function applySchemaDefaults(schema: Schema, value: JsonObject): void {
  for (const [name, child] of schema.properties) {
    const fallback = child.raw.default;
    if (value[name] === undefined && fallback !== undefined) value[name] = structuredClone(fallback);
    const present = value[name];
    if (isJsonObject(present)) applySchemaDefaults(child, present);
    else if (Array.isArray(present) && child.items)
      for (const item of present) if (isJsonObject(item)) applySchemaDefaults(child.items, item);
  }
}

const patterns = new Map<string, RegExp>();

function patternOf(source: string): RegExp {
  let pattern = patterns.get(source);
  if (!pattern) {
    pattern = new RegExp(source);
    patterns.set(source, pattern);
  }
  return pattern;
}
