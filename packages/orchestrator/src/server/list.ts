import { apiVersionOf, type JsonObject, type KindDefinition } from '../kinds/index.js';
import { CompactedError, type Store, type StoredObject } from '../store/index.js';
import { ApiError, badRequest } from './api-error.js';
import { asJson, draftOf, storeKeyOf } from './registry.js';
import type { Selection } from './selection.js';
import { type IncludeObject, type Shape, toPartialList, toTable } from './table.js';

interface Position {
  revision: number;
  after: string;
}

/** A list's page: the objects and where the next page begins. */
interface Page {
  revision: number;
  objects: StoredObject[];
  next: Position | undefined;
  remaining: number;
}

const placeOf = (object: StoredObject) => `${object.namespace}\u0000${object.name}`;

function parseContinue(token: string): Position {
  try {
    const { rv, after } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { rv: unknown; after: unknown };
    if (typeof rv === 'number' && typeof after === 'string') return { revision: rv, after };
  } catch {
    // Falls through to the refusal.
  }
  throw badRequest('continue key is not valid: the token was not given by this server');
}

function pageOf(store: Store, kind: KindDefinition, selection: Selection, query: URLSearchParams): Page {
  const token = query.get('continue') ?? '';
  const asked = query.get('resourceVersion') ?? '';
  if (token !== '' && asked !== '' && asked !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  const from = token === '' ? undefined : parseContinue(token);
  const exact = query.get('resourceVersionMatch') === 'Exact' && asked !== '' ? Number(asked) : undefined;
  if (asked !== '' && !/^\d+$/.test(asked))
    throw badRequest(`Invalid value: ${JSON.stringify(asked)}: must be a resource version`);
  if (Number(asked) > store.revision) {
    const details = {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    };
    throw new ApiError(504, 'Timeout', `Too large resource version: ${asked}, current: ${store.revision}`, details);
  }
  const at = from?.revision ?? exact ?? store.revision;
  const all = snapshot(store, storeKeyOf(kind), at);
  const { namespace, matches, name } = selection;
  const selected: StoredObject[] = [];
  for (const object of all) {
    if (namespace !== '' && object.namespace !== namespace) continue;
    if (name !== undefined && object.name !== name) continue;
    if (from && placeOf(object) <= from.after) continue;
    if (matches && !matches(object)) continue;
    selected.push(object);
  }
  const limit = Number(query.get('limit') ?? 0);
  if (!(limit > 0) || selected.length <= limit)
    return { revision: at, objects: selected, next: undefined, remaining: 0 };
  const objects = selected.slice(0, limit);
  return {
    revision: at,
    objects,
    next: { revision: at, after: placeOf(objects[limit - 1]!) },
    remaining: selected.length - limit,
  };
}

function snapshot(store: Store, resource: string, at: number): readonly StoredObject[] {
  try {
    return store.list(resource, at);
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    throw new ApiError(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
    );
  }
}

/** The body of a list's answer. */
export function listBody(
  store: Store,
  kind: KindDefinition,
  selection: Selection,
  query: URLSearchParams,
  shape: Shape,
): Buffer {
  const page = pageOf(store, kind, selection, query);
  const metadata: JsonObject = {
    resourceVersion: String(page.revision),
    ...(page.next && {
      continue: Buffer.from(JSON.stringify({ rv: page.next.revision, after: page.next.after })).toString('base64url'),
      ...(!selection.matches && { remainingItemCount: page.remaining }),
    }),
  };
  if (shape === 'object' && !kind.storedAs) {
    const head = `{"kind":"${kind.type.kind}List","apiVersion":"${apiVersionOf(kind.type)}","metadata":${JSON.stringify(metadata)},"items":[`;
    const parts: Buffer[] = [Buffer.from(head)];
    page.objects.forEach((object, index) => {
      if (index > 0) parts.push(comma);
      parts.push(object.bytes);
    });
    parts.push(end);
    return Buffer.concat(parts);
  }
  const values = page.objects.map((object) => (kind.storedAs ? draftOf(kind, object) : asJson(object.value)));
  const body =
    shape === 'table'
      ? toTable(kind, metadata, values, includeOf(query), Date.now())
      : shape === 'metadata'
        ? toPartialList(metadata, values)
        : { kind: `${kind.type.kind}List`, apiVersion: apiVersionOf(kind.type), metadata, items: values };
  return Buffer.from(JSON.stringify(body));
}

export function includeOf(query: URLSearchParams): IncludeObject {
  const wanted = query.get('includeObject');
  return wanted === 'Object' || wanted === 'None' ? wanted : 'Metadata';
}

const comma = Buffer.from(',');
const end = Buffer.from(']}\n');
