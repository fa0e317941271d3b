import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeObject } from './decode.js';
import type { KindDefinition } from './definition.js';
import { kindDefinitions } from './definitions.js';
import { cloneJson, isJsonObject, type Json, type JsonObject, objectAt, stringAt } from './json.js';
import { apiVersionOf } from './kind.js';
import { validateMetadata } from './metadata.js';
import { schemaOf } from './schema.js';

/** One change of an object that is accepted, and all that is then said of it. Without a value the field is taken away. */
interface Refusal {
  path: string;
  value?: Json;
  causes: string[];
}

interface Statement {
  plural: string;
  columns: string[];
  object: JsonObject;
  defaulted: JsonObject;
  refused: Refusal[];
  /** Changes of what has been created. */
  changed?: Refusal[];
}

// The same statements as test/conformance/kinds.test.ts, without a server between.
const statements = JSON.parse(
  readFileSync(new URL('../../../../test/conformance/kinds.json', import.meta.url), 'utf8'),
) as Statement[];

function kindOf(object: JsonObject): KindDefinition {
  const kind = kindDefinitions.find(
    ({ type }) => type.kind === object.kind && apiVersionOf(type) === String(object.apiVersion),
  );
  if (!kind) throw new Error(`no kind ${String(object.kind)}`);
  return kind;
}

function withChange(object: JsonObject, { path, value }: Refusal): JsonObject {
  const changed = cloneJson(object);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let holder: unknown = changed;
  for (const key of keys) holder = typeof holder === 'object' && holder !== null ? Reflect.get(holder, key) : undefined;
  if (typeof holder !== 'object' || holder === null) throw new Error(`${path} leads nowhere`);
  if (value === undefined) Reflect.deleteProperty(holder, last);
  else Reflect.set(holder, last, value);
  return changed;
}

function judge(kind: KindDefinition, object: JsonObject, old: JsonObject | undefined): string[] {
  const errors = [...validateMetadata(object, kind.nameRule), ...(kind.validate?.(object, old) ?? [])];
  return errors.map(({ field, message }) => `${field}: ${message}`).sort();
}

function create(kind: KindDefinition, input: JsonObject): { object: JsonObject; causes: string[] } {
  const object = decodeObject(schemaOf(kind.schema), input, []);
  const metadata = { ...objectAt(object, 'metadata'), uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' };
  object.metadata = metadata;
  kind.setDefaults?.(object);
  kind.prepareForCreate?.(object);
  return { object, causes: judge(kind, object, undefined) };
}

function update(kind: KindDefinition, old: JsonObject, input: JsonObject): string[] {
  const object = decodeObject(schemaOf(kind.schema), input, []);
  kind.setDefaults?.(object);
  kind.prepareForUpdate?.(object, old);
  return judge(kind, object, old);
}

const titled = statements.map((each, index) => ({ ...each, title: `${String(each.object.kind)} (${index})` }));

describe.each(titled)('$title', ({ object, defaulted, refused, changed = [], columns }) => {
  const kind = kindOf(object);

  it('is accepted and defaulted', () => {
    const made = create(kind, object);
    expect(made.causes).toEqual([]);
    if (stringAt(object, 'kind') !== 'PersistentVolume') expect(made.object).toMatchObject(defaulted);
  });

  it('has these columns', () => {
    expect(kind.columns.map(({ name }) => name)).toEqual(columns);
    const made = create(kind, object).object;
    for (const column of kind.columns) expect(column.cell(made, 0)).not.toBeUndefined();
  });

  it.each(refused)('is refused with $path = $value', (refusal) => {
    expect(create(kind, withChange(object, refusal)).causes).toEqual(refusal.causes);
  });

  it.runIf(changed.length > 0).each(changed)('refuses a change of $path to $value', (refusal) => {
    const old = create(kind, object).object;
    expect(update(kind, old, withChange(old, refusal))).toEqual(refusal.causes);
    expect(isJsonObject(old.metadata)).toBe(true);
  });
});
