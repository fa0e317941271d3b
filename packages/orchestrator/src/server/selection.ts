import {
  type JsonObject,
  type KindDefinition,
  objectAt,
  parseFieldSelector,
  parseLabelSelector,
  type Requirement,
  SelectorError,
  satisfies,
  stringAt,
} from '../kinds/index.js';
import type { StoredObject } from '../store/index.js';
import { badRequest } from './api-error.js';
import { asJson } from './registry.js';

/** Which objects of a resource a list, a watch or a collection's deletion is about. */
export interface Selection {
  namespace: string;
  /** Undefined when everything in the namespace is selected. */
  matches: ((object: StoredObject) => boolean) | undefined;
  /** Set when the field selector names one object. */
  name: string | undefined;
}

/** Reads `labelSelector` and `fieldSelector`. Throws 400. */
export function parseSelection(kind: KindDefinition, namespace: string, query: URLSearchParams): Selection {
  try {
    const labels = parseLabelSelector(query.get('labelSelector') ?? '');
    const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
    for (const { key } of fields)
      if (key !== 'metadata.name' && key !== 'metadata.namespace' && !kind.fields[key])
        throw badRequest(`field label not supported: ${key}`);
    const name = fields.find((each) => each.key === 'metadata.name' && each.operator === 'in')?.values[0];
    return { namespace, name, matches: matcher(kind, labels, fields) };
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}

function matcher(kind: KindDefinition, labels: Requirement[], fields: Requirement[]): Selection['matches'] {
  if (labels.length === 0 && fields.length === 0) return undefined;
  return (object) => {
    const value = asJson(object.value);
    const metadata = objectAt(value, 'metadata');
    const own = objectAt(metadata, 'labels');
    const labelOf = (key: string) => (typeof own[key] === 'string' ? own[key] : undefined);
    return satisfies(labels, labelOf) && satisfies(fields, (key) => fieldOf(kind, value, key));
  };
}

function fieldOf(kind: KindDefinition, value: JsonObject, key: string): string {
  if (key === 'metadata.name') return stringAt(objectAt(value, 'metadata'), 'name');
  if (key === 'metadata.namespace') return stringAt(objectAt(value, 'metadata'), 'namespace');
  return kind.fields[key]?.(value) ?? '';
}
