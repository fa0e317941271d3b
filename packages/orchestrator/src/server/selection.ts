import {
  type JsonObject,
  type KindDefinition,
  labelOf,
  parseFieldSelector,
  parseLabelSelector,
  type Requirement,
  SelectorError,
  satisfies,
} from '../kinds/index.js';
import { StoredObject } from '../store/index.js';
import { badRequest } from './api-error.js';
import { asJson, draftOf } from './registry.js';

/** What selectors look at. */
type Selectable = Pick<StoredObject, 'namespace' | 'name' | 'labels' | 'value'>;

/** Which objects of a resource a list, a watch or a collection's deletion is about. */
export interface Selection {
  /** Empty: all. */
  namespace: string;
  /** Undefined when everything in the namespace, or of the name, is selected. */
  matches: ((object: Selectable) => boolean) | undefined;
  /** Set when the field selector names one object. */
  name: string | undefined;
}

/** Reads `labelSelector` and `fieldSelector`. Throws 400. */
export function parseSelection(kind: KindDefinition, namespace: string, query: URLSearchParams): Selection {
  const labelText = query.get('labelSelector') ?? '';
  const fieldText = query.get('fieldSelector') ?? '';
  if (labelText === '' && fieldText === '') return { namespace, name: undefined, matches: undefined };
  try {
    const labels = parseLabelSelector(labelText);
    const fields = parseFieldSelector(fieldText);
    for (const { key } of fields) if (!isSelectable(kind, key)) throw badRequest(unknownField(kind, key));
    const named = fields.find((each) => each.key === 'metadata.name' && each.operator === 'in');
    const others = fields.filter((each) => each !== named);
    return { namespace, name: named?.values[0], matches: matcher(kind, labels, others) };
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}

function isSelectable(kind: KindDefinition, key: string): boolean {
  return key === 'metadata.name' || key === 'metadata.namespace' || Object.hasOwn(kind.fields, key);
}

function unknownField(kind: KindDefinition, key: string): string {
  return Object.keys(kind.fields).length === 0
    ? `${JSON.stringify(key)} is not a known field selector: only "metadata.name", "metadata.namespace"`
    : `field label not supported: ${key}`;
}

function matcher(kind: KindDefinition, labels: Requirement[], fields: Requirement[]): Selection['matches'] {
  if (labels.length === 0 && fields.length === 0) return undefined;
  // Labels first: they are kept, while a field's value may have to be parsed.
  return (object) =>
    satisfies(labels, (key) => labelOf(object.labels, key)) && satisfies(fields, (key) => fieldOf(kind, object, key));
}

function fieldOf(kind: KindDefinition, object: Selectable, key: string): string {
  if (key === 'metadata.name') return object.name;
  if (key === 'metadata.namespace') return object.namespace;
  const value: JsonObject =
    kind.storedAs?.hook && object instanceof StoredObject ? draftOf(kind, object) : asJson(object.value);
  return kind.fields[key]?.(value) ?? '';
}
