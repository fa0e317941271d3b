import type { ServerResponse } from 'node:http';
import { apiVersionOf, type KindDefinition } from '../kinds/index.js';
import { CompactedError, type Store, type StoredObject, type StoreEvent } from '../store/index.js';
import { ApiError, toApiError } from './api-error.js';
import { includeOf } from './list.js';
import { asJson, draftOf, storeKeyOf } from './registry.js';
import type { Selection } from './selection.js';
import { type Shape, toPartial, toTable } from './table.js';

const bookmarkMilliseconds = 30_000;
/** A reader that is this far behind is cut off; it resumes from its last resource version. */
const backlogBytes = 32 * 1024 * 1024;

const frameEnd = Buffer.from('}\n');

function frameOf(type: string, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), bytes, frameEnd]);
}

/** Streams the changes of a selection until the client leaves, the time is over or the log is gone. */
export function serveWatch(
  store: Store,
  kind: KindDefinition,
  selection: Selection,
  query: URLSearchParams,
  shape: Shape,
  response: ServerResponse,
): void {
  const asked = query.get('resourceVersion') ?? '';
  if (asked !== '' && !/^\d+$/.test(asked))
    throw new ApiError(400, 'BadRequest', `Invalid value: ${JSON.stringify(asked)}: must be a resource version`);
  const wantsInitial = query.get('sendInitialEvents') === 'true';
  const from = asked === '' || asked === '0' || wantsInitial ? undefined : Number(asked);
  const wantsBookmarks = ['true', '1'].includes(query.get('allowWatchBookmarks') ?? '');
  const include = includeOf(query);
  const isPlain = shape === 'object' && !kind.storedAs;
  const encode = (type: string, object: StoredObject): Buffer => {
    if (isPlain) return frameOf(type, object.bytes);
    const value = kind.storedAs ? draftOf(kind, object) : asJson(object.value);
    const shaped =
      shape === 'table'
        ? toTable(kind, { resourceVersion: String(object.revision) }, [value], include, Date.now())
        : shape === 'metadata'
          ? toPartial(value)
          : value;
    return Buffer.from(`${JSON.stringify({ type, object: shaped })}\n`);
  };
  const bookmark = (annotations?: Record<string, string>) => {
    const object = {
      kind: shape === 'metadata' ? 'PartialObjectMetadata' : shape === 'table' ? 'Table' : kind.type.kind,
      apiVersion: shape === 'object' ? apiVersionOf(kind.type) : 'meta.k8s.io/v1',
      metadata: { resourceVersion: String(store.revision), ...(annotations && { annotations }) },
    };
    return Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  };
  const selects = (object: StoredObject | undefined): object is StoredObject =>
    object !== undefined &&
    (selection.name === undefined || object.name === selection.name) &&
    (!selection.matches || selection.matches(object));
  const frame = (event: StoreEvent): Buffer | undefined => {
    if (!selection.matches && selection.name === undefined && isPlain) return frameOf(event.type, event.object.bytes);
    const isIn = event.type !== 'DELETED' && selects(event.object);
    const wasIn = event.type === 'ADDED' ? false : selects(event.previous);
    if (isIn) return encode(wasIn ? 'MODIFIED' : 'ADDED', event.object);
    if (!wasIn) return undefined;
    return encode('DELETED', event.object);
  };

  response.writeHead(200, {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
    'transfer-encoding': 'chunked',
  });
  response.flushHeaders();
  let isOpen = true;
  let subscription: { close(): void } | undefined;
  const finish = (last?: Buffer) => {
    if (!isOpen) return;
    isOpen = false;
    subscription?.close();
    clearTimeout(deadline);
    clearInterval(bookmarks);
    if (last) response.write(last);
    response.end();
  };
  const send = (data: Buffer) => {
    if (!isOpen) return;
    response.write(data);
    if (response.writableLength > backlogBytes) {
      isOpen = false;
      subscription?.close();
      response.destroy();
    }
  };
  const fail = (error: unknown) => finish(frameOf('ERROR', Buffer.from(JSON.stringify(toApiError(error).toStatus()))));
  const seconds = Number(query.get('timeoutSeconds') ?? 0) || 1800 + Math.random() * 1800;
  const deadline = setTimeout(() => finish(wantsBookmarks ? bookmark() : undefined), seconds * 1000);
  const bookmarks = setInterval(() => {
    if (wantsBookmarks && store.isReady) send(bookmark());
  }, bookmarkMilliseconds);
  response.on('close', () => finish());
  try {
    const start = from ?? store.revision;
    if (from === undefined) {
      const { namespace } = selection;
      const initial = store
        .list(storeKeyOf(kind))
        .filter((each) => (namespace === '' || each.namespace === namespace) && selects(each));
      if (initial.length > 0) send(Buffer.concat(initial.map((each) => encode('ADDED', each))));
      if (wantsInitial && wantsBookmarks) send(bookmark({ 'k8s.io/initial-events-end': 'true' }));
    }
    const namespace = selection.namespace === '' ? undefined : selection.namespace;
    subscription = store.watch(start, {
      resource: storeKeyOf(kind),
      namespace,
      onEvents: (events) => {
        const frames = events.flatMap((event) => frame(event) ?? []);
        if (frames.length > 0) send(frames.length === 1 ? frames[0]! : Buffer.concat(frames));
      },
      onReset: () => fail(new CompactedError(start, store.revision)),
    });
    if (!isOpen) subscription.close();
  } catch (error) {
    fail(error);
  }
}

/** For bodies of answers about one object. */
export function shapedBody(kind: KindDefinition, object: StoredObject, shape: Shape, query: URLSearchParams): Buffer {
  if (shape === 'object' && !kind.storedAs) return object.bytes;
  const value = kind.storedAs ? draftOf(kind, object) : asJson(object.value);
  const shaped =
    shape === 'table'
      ? toTable(kind, { resourceVersion: String(object.revision) }, [value], includeOf(query), Date.now())
      : shape === 'metadata'
        ? toPartial(value)
        : value;
  return Buffer.from(JSON.stringify(shaped));
}
