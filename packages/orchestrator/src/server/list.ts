import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createGzip } from 'node:zlib';
import { apiVersionOf, type JsonObject, type KindDefinition } from '../kinds/index.js';
import { CompactedError, firstAfter, type Store, type StoredObject } from '../store/index.js';
import { ApiError, badRequest } from './api-error.js';
import { convertAhead } from './conversion.js';
import { takesGzip } from './front/answer.js';
import { type ListOptions, parseListOptions, untilRevision } from './list-options.js';
import { includeOf, isPlain, type Presentation, toServed } from './presentation.js';
import { storeKeyOf } from './registry.js';
import type { Selection } from './selection.js';
import { type Shape, toPartialList, toTable } from './table.js';

interface Position {
  /** -1: the newest state, whatever it is by then. */
  revision: number;
  namespace: string;
  name: string;
}

/** A list's page: the objects and where the next page begins. */
interface Page {
  revision: number;
  objects: readonly StoredObject[];
  next: Position | undefined;
  /** Undefined where it is not known without looking at every object. */
  remaining: number | undefined;
}

const tokenVersion = 'meta.k8s.io/v1';
const expired = 'The resourceVersion for the provided list is too old.';
const inconsistentContinue =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.';
/** What is handed to the socket at once, and what a list holds in memory at most, twice. */
const pieceBytes = 128 * 1024;
/** Objects that are converted together, for rows and other versions. */
const presentedAtOnce = 100;

/** Says where the client may go on, at the price of consistency. */
class ContinueExpired extends ApiError {
  constructor(readonly token: string) {
    super(410, 'Expired', inconsistentContinue);
  }

  override toStatus(): JsonObject {
    return { ...super.toStatus(), metadata: { continue: this.token } };
  }
}

function writeContinue({ revision, namespace, name }: Position): string {
  const start = `${namespace === '' ? '' : `${namespace}/`}${name}\u0000`;
  return Buffer.from(JSON.stringify({ v: tokenVersion, rv: revision, start })).toString('base64url');
}

function readContinue(token: string, isNamespaced: boolean): Position {
  const refuse = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  let parsed: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    parsed = typeof value === 'object' && value !== null ? value : {};
  } catch {
    throw refuse('it was not given by this server');
  }
  if (parsed.v !== tokenVersion)
    throw refuse(`server does not recognize this encoded version ${JSON.stringify(String(parsed.v ?? ''))}`);
  const { rv, start } = parsed;
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0)
    throw refuse(`incorrect encoded start resourceVersion (version ${tokenVersion})`);
  if (typeof start !== 'string' || start === '') throw refuse(`encoded start key empty (version ${tokenVersion})`);
  const place = start.endsWith('\u0000') ? start.slice(0, -1) : start;
  const slash = isNamespaced ? place.indexOf('/') : -1;
  return { revision: rv, namespace: slash < 0 ? '' : place.slice(0, slash), name: place.slice(slash + 1) };
}

async function pageOf(store: Store, kind: KindDefinition, selection: Selection, options: ListOptions): Promise<Page> {
  const asked = options.resourceVersion;
  const from = options.continue === '' ? undefined : readContinue(options.continue, kind.type.namespaced);
  // Any state will do for version 0, and a state of the past is the same everywhere; all else must be the newest.
  const isAny = asked === 0 && !from;
  const isPast = (from && from.revision > 0) || options.match === 'Exact';
  const wanted = Math.max(asked ?? 0, from?.revision ?? 0);
  if (wanted > store.revision) await untilRevision(store, wanted);
  else if (!isAny && !isPast && options.match !== 'NotOlderThan') {
    const confirmed = store.confirm();
    if (confirmed) await confirmed;
  }
  const past = from && from.revision > 0 ? from.revision : options.match === 'Exact' ? asked : undefined;
  const at = past ?? store.revision;
  const all = snapshot(store, storeKeyOf(kind), past, selection, from);
  // The watch cache of upstream answers version 0 whole, whatever the limit.
  const limit = isAny || options.limit <= 0 ? Number.POSITIVE_INFINITY : options.limit;
  const start = from ? firstAfter(all, from.namespace, from.name) : 0;
  const { matches } = selection;
  // A selector may ask for fields that only the kind's own version has.
  const ahead = matches && convertAhead(kind, all);
  if (ahead) await ahead;
  if (!matches && selection.name === undefined) {
    const isWhole = all.length - start <= limit;
    const objects = start === 0 && isWhole ? all : all.slice(start, isWhole ? undefined : start + limit);
    return {
      revision: at,
      objects,
      next: isWhole ? undefined : after(at, objects),
      remaining: all.length - start - objects.length,
    };
  }
  const objects: StoredObject[] = [];
  for (let index = start; index < all.length; index++) {
    const object = all[index];
    if (!object || (selection.name !== undefined && object.name !== selection.name)) continue;
    if (matches && !matches(object)) continue;
    if (objects.length >= limit) return { revision: at, objects, next: after(at, objects), remaining: undefined };
    objects.push(object);
  }
  return { revision: at, objects, next: undefined, remaining: undefined };
}

function after(revision: number, objects: readonly StoredObject[]): Position | undefined {
  const last = objects.at(-1);
  return last && { revision, namespace: last.namespace, name: last.name };
}

function snapshot(
  store: Store,
  resource: string,
  at: number | undefined,
  { name, namespace }: Selection,
  from: Position | undefined,
): readonly StoredObject[] {
  try {
    // One name in one place: no need to walk the others.
    if (
      at === undefined &&
      name !== undefined &&
      (namespace !== '' || resource === 'namespaces' || resource === 'nodes')
    ) {
      const object = store.get(resource, namespace, name);
      return object ? [object] : [];
    }
    return store.list(resource, at, namespace);
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    if (from) throw new ContinueExpired(writeContinue({ ...from, revision: -1 }));
    throw new ApiError(410, 'Expired', expired);
  }
}

function metadataOf(page: Page): JsonObject {
  return {
    resourceVersion: String(page.revision),
    ...(page.next && {
      continue: writeContinue(page.next),
      ...(page.remaining !== undefined && { remainingItemCount: page.remaining }),
    }),
  };
}

/** The body of a list in pieces: what stands before the items, each item, what stands behind them. */
interface Body {
  head: Buffer;
  objects: readonly StoredObject[];
  tail: Buffer;
  presentation: Presentation;
}

const comma = Buffer.from(',');

function bodyOf(page: Page, presentation: Presentation): Body {
  const { kind, shape, include } = presentation;
  const metadata = metadataOf(page);
  const empty =
    shape === 'table'
      ? toTable(kind, metadata, [], include, 0)
      : shape === 'metadata'
        ? toPartialList(metadata, [])
        : { kind: `${kind.type.kind}List`, apiVersion: apiVersionOf(kind.type), metadata, items: [] };
  // The items stand last in each of them.
  const text = JSON.stringify(empty);
  const head = Buffer.from(text.slice(0, -2));
  return { head, objects: page.objects, tail: Buffer.from(']}\n'), presentation };
}

/** The items as bytes, in order; those of other forms some at a time, so that the event loop goes on. */
async function* itemsOf({ objects, presentation }: Body): AsyncGenerator<Buffer[]> {
  const { kind, shape, include } = presentation;
  for (let start = 0; start < objects.length; start += presentedAtOnce) {
    const some = objects.slice(start, start + presentedAtOnce);
    if (isPlain(presentation)) {
      yield some.map((object) => object.bytes);
      continue;
    }
    const values: JsonObject[] = [];
    for (const object of some) {
      const served = toServed(kind, object);
      values.push(served instanceof Promise ? await served : served);
    }
    const shaped =
      shape === 'table'
        ? toTable(kind, {}, values, include, Date.now()).rows
        : shape === 'metadata'
          ? toPartialList({}, values).items
          : values;
    yield (Array.isArray(shaped) ? shaped : []).map((each) => Buffer.from(JSON.stringify(each)));
  }
}

/** Answers a list, handing it to the client no faster than it takes it. */
export async function serveList(
  store: Store,
  kind: KindDefinition,
  selection: Selection,
  query: URLSearchParams,
  shape: Shape,
  response: ServerResponse,
): Promise<void> {
  const presentation = { kind, shape, include: includeOf(query) };
  const page = await pageOf(store, kind, selection, parseListOptions(query, false));
  // All of a page in one call, and before anything has been answered.
  const ahead = convertAhead(kind, page.objects);
  if (ahead) await ahead;
  const body = bodyOf(page, presentation);
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' };
  const size = isPlain(presentation) ? sizeOf(body) : undefined;
  if (response.destroyed) return;
  if (takesGzip(response) && (size ?? page.objects.length * 500) > pieceBytes) {
    response.writeHead(200, { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    const gzip = createGzip({ level: 1 });
    gzip.pipe(response);
    response.once('close', () => gzip.destroy());
    if (await writePieces(body, gzip)) gzip.end();
    return;
  }
  if (size !== undefined && size <= pieceBytes) {
    response.writeHead(200, { ...headers, 'content-length': size });
    response.end(joined(body));
    return;
  }
  response.writeHead(200, size === undefined ? headers : { ...headers, 'content-length': size });
  if (await writePieces(body, response)) response.end();
}

/** A short plain list in one piece. */
function joined({ head, objects, tail }: Body): Buffer {
  const parts: Buffer[] = [head];
  for (const object of objects) {
    if (parts.length > 1) parts.push(comma);
    parts.push(object.bytes);
  }
  parts.push(tail);
  return Buffer.concat(parts);
}

function sizeOf({ head, objects, tail }: Body): number {
  let size = head.length + tail.length + Math.max(0, objects.length - 1);
  for (const object of objects) size += object.bytes.length;
  return size;
}

interface Sink {
  readonly destroyed: boolean;
  write(data: Buffer, done: () => void): boolean;
}

/** Two pieces take turns: one is filled while the other is on its way. False when the client has gone. */
async function writePieces(body: Body, sink: Sink & NodeJS.EventEmitter): Promise<boolean> {
  const pieces = [Buffer.allocUnsafeSlow(pieceBytes), Buffer.allocUnsafeSlow(pieceBytes)];
  const busy: (Promise<unknown> | undefined)[] = [undefined, undefined];
  const gone = once(sink, 'close').catch(() => undefined);
  let turn = 0;
  let used = 0;
  const flush = async () => {
    const piece = pieces[turn];
    if (!piece || used === 0) return;
    const data = piece.subarray(0, used);
    busy[turn] = new Promise<void>((resolve) => sink.write(data, () => resolve()));
    turn = 1 - turn;
    used = 0;
    if (busy[turn]) await Promise.race([busy[turn], gone]);
  };
  const put = async (bytes: Buffer) => {
    for (let done = 0; done < bytes.length && !sink.destroyed; ) {
      const copied = bytes.copy(pieces[turn] ?? Buffer.alloc(0), used, done);
      used += copied;
      done += copied;
      if (used === pieceBytes) await flush();
    }
  };
  await put(body.head);
  let isFirst = true;
  for await (const items of itemsOf(body))
    for (const item of items) {
      if (sink.destroyed) return false;
      // The usual case without a promise: the item and its comma fit.
      const piece = pieces[turn];
      if (piece && used + item.length + 1 <= pieceBytes) {
        if (!isFirst) piece[used++] = 0x2c;
        used += item.copy(piece, used);
      } else {
        if (!isFirst) await put(comma);
        await put(item);
      }
      isFirst = false;
    }
  await put(body.tail);
  await flush();
  await Promise.race([Promise.all(busy), gone]);
  return !sink.destroyed;
}

/** The whole body of a list's answer at once, and the objects in it: for the deletion of a collection. */
export async function collectList(
  store: Store,
  kind: KindDefinition,
  selection: Selection,
  query: URLSearchParams,
): Promise<{ objects: readonly StoredObject[]; body: Buffer }> {
  const presentation: Presentation = { kind, shape: 'object', include: 'Metadata' };
  const page = await pageOf(store, kind, selection, parseListOptions(query, false));
  const ahead = convertAhead(kind, page.objects);
  if (ahead) await ahead;
  const body = bodyOf(page, presentation);
  const parts: Buffer[] = [];
  for await (const items of itemsOf(body))
    for (const item of items) parts.push(...(parts.length > 0 ? [comma, item] : [item]));
  return { objects: page.objects, body: Buffer.concat([body.head, ...parts, body.tail]) };
}
