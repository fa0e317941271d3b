import { RE2JS } from 're2js';
import {
  duplicate,
  type FieldError,
  invalid,
  isJsonObject,
  isSame,
  type Json,
  type JsonObject,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from '../../kinds/index.js';
import { isFormat } from './formats.js';
import type { SchemaNode } from './schema-node.js';

/**
 * What the schema says of a value. `path` is empty at the root. Where `old` is the same value the node is not judged again: what
 * was wrong before a rule came may stay until it is changed.
 */
export function validateValue(
  node: SchemaNode,
  value: Json,
  old: Json | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (old !== undefined && isSame(value, old)) return;
  if (!isOfType(node, value)) {
    if (value === null && node.isNullable) return;
    const wanted = node.isIntOrString ? 'integer,string' : node.type;
    const found = typeName(value);
    errors.push(typeInvalid(path, found, `${path} in body must be of type ${wanted}: ${JSON.stringify(found)}`));
    return;
  }
  const allowed = node.raw.enum;
  if (Array.isArray(allowed) && !allowed.some((each) => isSame(each, value)))
    errors.push(
      notSupported(
        path,
        value,
        allowed.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))),
      ),
    );
  if (typeof value === 'string') validateText(node, value, path, errors);
  else if (typeof value === 'number') validateNumber(node.raw, value, path, errors);
  else if (Array.isArray(value)) validateItems(node, value, old, path, errors);
  else if (isJsonObject(value)) validateFields(node, value, old, path, errors);
  validateJunctors(node, value, path, errors);
}

function isOfType(node: SchemaNode, value: Json): boolean {
  if (node.isIntOrString) return typeof value === 'string' || Number.isInteger(value);
  if (value === null) return node.type === '' || node.isNullable;
  switch (node.type) {
    case 'string':
      return typeof value === 'string';
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isJsonObject(value);
    default:
      return true;
  }
}

function typeName(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function validateText({ raw, format }: SchemaNode, value: string, path: string, errors: FieldError[]): void {
  const length = [...value].length;
  if (typeof raw.maxLength === 'number' && length > raw.maxLength) errors.push(tooLong(path, raw.maxLength));
  if (typeof raw.minLength === 'number' && length < raw.minLength)
    errors.push(invalid(path, value, `${path} in body should be at least ${raw.minLength} chars long`));
  if (typeof raw.pattern === 'string' && !patternOf(raw.pattern).matcher(value).find())
    errors.push(invalid(path, value, `${path} in body should match '${raw.pattern}'`));
  if (format !== '' && !isFormat(format, value))
    errors.push(typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`));
}

function validateNumber(raw: JsonObject, value: number, path: string, errors: FieldError[]): void {
  const refuse = (what: string) => errors.push(invalid(path, value, `${path} in body should be ${what}`));
  const { minimum, maximum, multipleOf } = raw;
  if (typeof maximum === 'number') {
    if (raw.exclusiveMaximum === true && value >= maximum) refuse(`less than ${maximum}`);
    else if (value > maximum) refuse(`less than or equal to ${maximum}`);
  }
  if (typeof minimum === 'number') {
    if (raw.exclusiveMinimum === true && value <= minimum) refuse(`greater than ${minimum}`);
    else if (value < minimum) refuse(`greater than or equal to ${minimum}`);
  }
  if (typeof multipleOf === 'number' && !Number.isInteger(value / multipleOf)) refuse(`a multiple of ${multipleOf}`);
}

function validateItems(
  node: SchemaNode,
  value: readonly Json[],
  old: Json | undefined,
  path: string,
  errors: FieldError[],
): void {
  const { raw, items } = node;
  if (typeof raw.minItems === 'number' && value.length < raw.minItems)
    errors.push(invalid(path, value.length, `${path} in body should have at least ${raw.minItems} items`));
  if (typeof raw.maxItems === 'number' && value.length > raw.maxItems)
    errors.push(tooMany(path, value.length, raw.maxItems));
  if (!items) return;
  const before = oldItems(node, old);
  value.forEach((each, index) => {
    validateValue(items, each, before(each), `${path}[${index}]`, errors);
  });
}

/** Finds the item of the old list that is the same one: only a list of type map can tell. */
export function oldItems(node: SchemaNode, old: Json | undefined): (item: Json) => Json | undefined {
  if (node.listType !== 'map' || !Array.isArray(old)) return () => undefined;
  const known = new Map(old.map((each) => [keyOf(node, each), each]));
  return (item) => known.get(keyOf(node, item));
}

/** What a list of type map tells its items apart by; an absent key counts as its default. */
function keyOf(node: SchemaNode, item: Json): string {
  return JSON.stringify(keysOf(node, item));
}

function keysOf(node: SchemaNode, item: Json): Json {
  if (node.listType !== 'map' || !isJsonObject(item)) return item;
  return Object.fromEntries(
    node.listMapKeys.flatMap((name) => {
      const value = item[name] ?? node.items?.properties.get(name)?.default;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function validateFields(
  node: SchemaNode,
  value: JsonObject,
  old: Json | undefined,
  path: string,
  errors: FieldError[],
): void {
  const { raw } = node;
  const count = Object.keys(value).length;
  const at = (name: string) => (path ? `${path}.${name}` : name);
  if (typeof raw.minProperties === 'number' && count < raw.minProperties)
    errors.push(invalid(path, count, `${path} in body should have at least ${raw.minProperties} properties`));
  if (typeof raw.maxProperties === 'number' && count > raw.maxProperties)
    errors.push(tooMany(path, count, raw.maxProperties));
  for (const name of node.required) if (value[name] === undefined) errors.push(required(at(name)));
  const before = isJsonObject(old) && node.mapType !== 'atomic' ? old : undefined;
  for (const [name, child] of Object.entries(value)) {
    const known = node.child(name);
    if (known && child !== undefined) validateValue(known, child, before?.[name], at(name), errors);
  }
}

/** Rules on combinations; what they say names no field, as it is about the value as a whole. */
function validateJunctors(node: SchemaNode, value: Json, path: string, errors: FieldError[]): void {
  const name = JSON.stringify(path);
  const attempt = (each: SchemaNode) => {
    const found: FieldError[] = [];
    validateValue(each, value, undefined, path, found);
    return found;
  };
  const fewest = (results: readonly FieldError[][]) =>
    results.reduce((best, each) => (each.length < best.length ? each : best), results[0] ?? []);
  const refuse = (detail: string) => errors.push(invalid('<nil>', '', detail));
  if (node.anyOf.length > 0) {
    const results = node.anyOf.map(attempt);
    if (results.every((each) => each.length > 0)) {
      refuse(`${name} must validate at least one schema (anyOf)`);
      errors.push(...fewest(results));
    }
  }
  if (node.oneOf.length > 0) {
    const results = node.oneOf.map(attempt);
    const valid = results.filter((each) => each.length === 0).length;
    if (valid === 0) {
      refuse(`${name} must validate one and only one schema (oneOf). Found none valid`);
      errors.push(...fewest(results));
    } else if (valid > 1)
      refuse(`${name} must validate one and only one schema (oneOf). Found ${valid} valid alternatives`);
  }
  if (node.allOf.length > 0) {
    const results = node.allOf.map(attempt);
    const failed = results.filter((each) => each.length > 0);
    if (failed.length > 0) {
      refuse(
        `${name} must validate all the schemas (allOf)${failed.length === results.length ? '. None validated' : ''}`,
      );
      for (const each of failed) errors.push(...each);
    }
  }
  if (node.not && attempt(node.not).length === 0) refuse(`${name} must not validate the schema (not)`);
}

/** Sets and maps that are written as lists have no item twice. */
export function validateUnique(node: SchemaNode, value: Json, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    const seen = new Set<string>();
    value.forEach((each, index) => {
      if (node.listType === 'map' || node.listType === 'set') {
        const key = keyOf(node, each);
        if (seen.has(key)) errors.push(duplicate(`${path}[${index}]`, keysOf(node, each)));
        seen.add(key);
      }
      if (node.items) validateUnique(node.items, each, `${path}[${index}]`, errors);
    });
  } else if (isJsonObject(value))
    for (const [name, child] of Object.entries(value)) {
      const known = node.child(name);
      const at = node.properties.has(name) ? (path ? `${path}.${name}` : name) : `${path}[${name}]`;
      if (known && child !== undefined) validateUnique(known, child, at, errors);
    }
}

/** An embedded resource names its type. */
export function validateEmbedded(node: SchemaNode, value: Json, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items)
      value.forEach((each, index) => {
        validateEmbedded(items, each, `${path}[${index}]`, errors);
      });
  } else if (isJsonObject(value)) {
    if (node.isEmbedded)
      for (const name of ['apiVersion', 'kind']) {
        const text = value[name];
        if (text === undefined) errors.push(required(`${path}.${name}`, 'must not be empty'));
        else if (typeof text !== 'string') errors.push(invalid(`${path}.${name}`, text, 'must be a string'));
        else if (text === '') errors.push(invalid(`${path}.${name}`, text, 'must not be empty'));
      }
    for (const [name, child] of Object.entries(value)) {
      const known = node.child(name);
      if (known && child !== undefined) validateEmbedded(known, child, path ? `${path}.${name}` : name, errors);
    }
  }
}

const patterns = new Map<string, RE2JS>();

/** In linear time: a pattern comes from whoever may define a kind. */
function patternOf(source: string): RE2JS {
  let pattern = patterns.get(source);
  if (!pattern) {
    pattern = RE2JS.compile(source);
    patterns.set(source, pattern);
  }
  return pattern;
}
