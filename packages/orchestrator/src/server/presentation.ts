import type { JsonObject, KindDefinition } from '../kinds/index.js';
import type { StoredObject } from '../store/index.js';
import { convertAhead } from './conversion.js';
import { asJson, draftOf } from './registry.js';
import { type IncludeObject, type Shape, toPartial, toTable } from './table.js';

/** How a request wants objects to look. */
export interface Presentation {
  kind: KindDefinition;
  shape: Shape;
  include: IncludeObject;
}

export function includeOf(query: URLSearchParams): IncludeObject {
  const wanted = query.get('includeObject');
  return wanted === 'Object' || wanted === 'None' ? wanted : 'Metadata';
}

/** The stored bytes are the answer. */
export function isPlain({ kind, shape }: Presentation): boolean {
  return shape === 'object' && !kind.storedAs;
}

/** The one place where a stored object takes the version it is served in; a promise when somebody else converts it. */
export function toServed(kind: KindDefinition, object: StoredObject): JsonObject | Promise<JsonObject> {
  if (!kind.storedAs) return asJson(object.value);
  const ahead = convertAhead(kind, [object]);
  return ahead ? ahead.then(() => draftOf(kind, object)) : draftOf(kind, object);
}

/** One object as an answer or as the object of a watch's event. */
export function present(presentation: Presentation, object: StoredObject): Buffer | Promise<Buffer> {
  if (isPlain(presentation)) return object.bytes;
  const served = toServed(presentation.kind, object);
  return served instanceof Promise
    ? served.then((value) => shaped(presentation, object, value))
    : shaped(presentation, object, served);
}

function shaped({ kind, shape, include }: Presentation, object: StoredObject, value: JsonObject): Buffer {
  const body =
    shape === 'table'
      ? toTable(kind, { resourceVersion: String(object.revision) }, [value], include, Date.now())
      : shape === 'metadata'
        ? toPartial(value)
        : value;
  return Buffer.from(JSON.stringify(body));
}
