import type { Json, JsonObject } from '../../kinds/index.js';
import { type Element, ElementError, elementOfItem, elementText, fieldElement, placeOfItem } from './element.js';
import { emptySet, type FieldSet, nodeOf } from './field-set.js';
import { asList, asMap, type FieldType, formOf, isEmptyMap, isListType } from './field-type.js';

/** The paths that an object states; a struct's own path is not among them, a map's entry and a list's item is. */
export function fieldSetOf(type: FieldType, object: JsonObject): FieldSet {
  return contentOf(type, object).below;
}

interface Content {
  /** The value is owned as one. */
  isOne: boolean;
  below: FieldSet;
}

const one: Content = { isOne: true, below: emptySet };
const nothing: Content = { isOne: false, below: emptySet };

function contentOf(type: FieldType, value: Json): Content {
  const form = formOf(type, value);
  if (form === undefined || form.isAtomic) return one;
  const below: Record<Element, FieldSet> = {};
  if (isListType(form)) {
    const items = asList(value);
    if (!items) return nothing;
    for (const item of items) {
      const place = placeOfItem(form, item);
      if (place === undefined) continue;
      below[place] = below[place] === undefined ? (nodeOf(true, contentOf(form.item, item).below) ?? {}) : {};
    }
    return { isOne: false, below };
  }
  const map = asMap(value);
  if (!map) return nothing;
  for (const [name, child] of Object.entries(map)) {
    if (child === undefined) continue;
    const field = form.fields.get(name);
    const childType = field?.type ?? form.values;
    if (!childType) continue;
    const content = contentOf(childType, child);
    const isNothing = child === null || (asMap(child) !== undefined && isEmptyMap(asMap(child)));
    const node = nodeOf(content.isOne || isNothing || !field, content.below);
    if (node) below[field?.element ?? fieldElement(name)] = node;
  }
  return { isOne: false, below };
}

/** Each struct field that has paths below it becomes a path as well. */
export function withNamedFields(type: FieldType | undefined, set: FieldSet): FieldSet {
  const out: Record<Element, FieldSet> = {};
  for (const element in set) {
    const node = set[element];
    if (node === undefined || element === '.') continue;
    let childType: FieldType | undefined;
    let isNamed = false;
    if (element.startsWith('f:')) {
      const field = type?.map?.fields.get(element.slice(2));
      isNamed = field !== undefined;
      childType = field?.type ?? type?.map?.values;
    } else if (element.startsWith('k:')) childType = type?.list?.item;
    const below = withNamedFields(childType, node);
    const belongs = isNamed || node['.'] !== undefined || Object.keys(node).length === 0;
    out[element] = nodeOf(belongs, below) ?? {};
  }
  return out;
}

/** What is wrong with an applied object by its schema, as `.spec.replicas: expected numeric …`. */
export function problemsOf(type: FieldType, value: Json, path = ''): string[] {
  const form = formOf(type, value);
  const at = (message: string) => (path === '' ? message : `${path}: ${message}`);
  if (form === undefined) {
    const problem = value === null ? undefined : scalarProblem(type.scalar, value);
    return problem ? [at(problem)] : [];
  }
  if (value === null) return [];
  if (isListType(form)) {
    const items = asList(value);
    if (!items) return [at(`expected list, got &{${goText(value)}}`)];
    const out: string[] = [];
    const seen = new Set<Element>();
    for (const [index, item] of items.entries()) {
      let place: Element = `i:${index}`;
      if (!form.isAtomic) {
        try {
          place = elementOfItem(form, item);
        } catch (error) {
          if (!(error instanceof ElementError)) throw error;
          out.push(at(`element ${index}: ${error.message}`));
          return out;
        }
        if (seen.has(place)) out.push(at(`duplicate entries for key ${elementText(place)}`));
        seen.add(place);
      }
      out.push(...problemsOf(form.item, item, `${path}${elementText(place)}`));
    }
    return out;
  }
  const map = asMap(value);
  if (!map) return [at(`expected map, got &{${goText(value)}}`)];
  const out: string[] = [];
  for (const [name, child] of Object.entries(map)) {
    if (child === undefined) continue;
    const childType = form.fields.get(name)?.type ?? form.values;
    if (childType) out.push(...problemsOf(childType, child, `${path}.${name}`));
    else out.push(`${path}.${name}: field not declared in schema`);
  }
  return out;
}

function scalarProblem(scalar: FieldType['scalar'], value: Json): string | undefined {
  switch (scalar) {
    case 'numeric':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'string':
      if (typeof value === 'string') return undefined;
      return `expected string, got &value.valueUnstructured{Value:${goText(value)}}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goText(value)}}`;
    default:
      return typeof value === 'object' ? `expected any scalar, got &{${goText(value)}}` : undefined;
  }
}

/** Clients have come to know these messages in the notation of the language they were first written in. */
function goText(value: Json | undefined): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const names = Object.keys(value).sort();
  return `map[${names.map((name) => `${name}:${goText(value[name])}`).join(' ')}]`;
}

function goType(value: Json): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (value !== null && typeof value === 'object') return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}
