import type { ServerResponse } from 'node:http';
import { apiVersionOf, type KindDefinition } from '../kinds/index.js';
import { CompactedError, type Store, StoredObject, type StoreEvent, type Subscription } from '../store/index.js';
import { type ApiError, toApiError } from './api-error.js';
import { convertAhead } from './conversion.js';
import { type ListOptions, parseListOptions, untilRevision } from './list-options.js';
import { includeOf, isPlain, type Presentation, present } from './presentation.js';
import { storeKeyOf } from './registry.js';
import type { Selection } from './selection.js';
import type { Shape } from './table.js';
import { everySecond } from './watch-clock.js';
import { Lines, WatchOutput } from './watch-output.js';

const bookmarkMilliseconds = 60_000;
/** A reader that takes nothing for so long, or is so many changes behind, is cut off; it resumes from its last version. */
const stalledMilliseconds = 30_000;
const backlogEvents = 50_000;
/** About so much is encoded and handed to the socket at once. */
const pieceBytes = 128 * 1024;

/** Changes that a hook is given together. */
const convertedAtOnce = 500;

const frameEnd = Buffer.from('}\n');
const frameStarts = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
  BOOKMARK: Buffer.from('{"type":"BOOKMARK","object":'),
  ERROR: Buffer.from('{"type":"ERROR","object":'),
};
type FrameType = keyof typeof frameStarts;

const lineOf = (type: FrameType, bytes: Buffer) => new Lines([frameStarts[type], bytes, frameEnd]);

/** The lines of changes as they are, for every watcher who is given the same array: encoded once, one write each. */
const shared = new WeakMap<readonly StoreEvent[], Lines>();

function plainLines(events: readonly StoreEvent[]): Lines {
  let lines = shared.get(events);
  if (!lines) {
    lines = new Lines(events.flatMap(({ type, object }) => [frameStarts[type], object.bytes, frameEnd]));
    shared.set(events, lines);
  }
  return lines;
}

/** What left a selection is shown as it was when it was in it, at the revision at which it left. */
const departures = new WeakMap<StoreEvent, StoredObject>();

function departed(event: StoreEvent, previous: StoredObject): StoredObject {
  let object = departures.get(event);
  if (!object) {
    const { resource, namespace, name } = previous;
    const { value } = previous;
    const metadata = { ...value.metadata, resourceVersion: String(event.revision) };
    const bytes = Buffer.from(JSON.stringify({ ...value, metadata }));
    object = new StoredObject(resource, namespace, name, event.revision, bytes);
    departures.set(event, object);
  }
  return object;
}

/**
 * Streams the changes of a selection until the client leaves, the time is over or the log is gone. Resolves when the stream has
 * begun; throws 400, 422 and 504 before it.
 */
export async function serveWatch(
  store: Store,
  kind: KindDefinition,
  selection: Selection,
  query: URLSearchParams,
  shape: Shape,
  response: ServerResponse,
  count: (events: number) => void,
): Promise<void> {
  const options = parseListOptions(query, true);
  const version = options.resourceVersion;
  if (version !== undefined && version > store.revision) await untilRevision(store, version);
  if (version === undefined) {
    const confirmed = store.confirm();
    if (confirmed) await confirmed;
  }
  if (response.destroyed) return;
  response.writeHead(200, {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
    'transfer-encoding': 'chunked',
  });
  response.flushHeaders();
  new WatchStream(store, { kind, shape, include: includeOf(query) }, selection, options, response, count).start();
}

type Item = { type: FrameType; object: StoredObject };

class WatchStream {
  #isOpen = true;
  #isBlocked = false;
  #isPumping = false;
  /** What waits: changes, or the objects of the beginning. */
  #backlog: (StoreEvent | Item)[] = [];
  /** The revision of the first change that waits; 0: none does. */
  #oldest = 0;
  #subscription: Subscription | undefined;
  #movedAt = performance.now();
  #bookmarkAt: number;
  readonly #endAt: number;
  readonly #isPlain: boolean;
  readonly #isWhole: boolean;
  /** A hook makes what is shown: nothing can be said of an object before. */
  readonly #isConverted: boolean;
  readonly #forgetClock: () => void;
  readonly #output: WatchOutput;

  constructor(
    readonly store: Store,
    readonly presentation: Presentation,
    readonly selection: Selection,
    readonly options: ListOptions,
    readonly response: ServerResponse,
    readonly count: (events: number) => void,
  ) {
    const now = performance.now();
    const seconds = options.timeoutSeconds > 0 ? options.timeoutSeconds : 1800 + Math.random() * 1800;
    this.#endAt = now + seconds * 1000;
    // Spread, so that ten thousand watches do not all speak in the same second.
    this.#bookmarkAt = now + bookmarkMilliseconds * (1 + Math.random() / 4);
    this.#isPlain = isPlain(presentation);
    this.#isWhole = !selection.matches && selection.name === undefined;
    this.#isConverted = presentation.kind.storedAs?.hook !== undefined;
    this.#forgetClock = everySecond((time) => this.#tick(time));
    response.on('close', () => this.#close());
    this.#output = new WatchOutput(response, () => {
      this.#isBlocked = false;
      this.#movedAt = performance.now();
      this.#pump();
    });
  }

  start(): void {
    const { resourceVersion, sendInitialEvents } = this.options;
    const { namespace } = this.selection;
    const resource = storeKeyOf(this.presentation.kind);
    const wantsState = sendInitialEvents ?? (resourceVersion === undefined || resourceVersion === 0);
    try {
      const isNow = wantsState || resourceVersion === undefined || resourceVersion === 0;
      const from = isNow ? this.store.revision : resourceVersion;
      if (wantsState)
        for (const object of this.store.list(resource, undefined, namespace))
          if (this.#isConverted || this.#selects(object)) this.#backlog.push({ type: 'ADDED', object });
      if (sendInitialEvents && this.options.allowWatchBookmarks) this.#backlog.push(this.#endOfState(from));
      this.#pump();
      this.#subscription = this.store.watch(from, {
        resource,
        namespace: namespace === '' ? undefined : namespace,
        onEvents: (events) => this.#onEvents(events),
        onReset: () => this.#fail(toApiError(new CompactedError(from, this.store.compacted))),
      });
      if (!this.#isOpen) this.#subscription.close();
    } catch (error) {
      this.#fail(toApiError(error));
    }
  }

  #endOfState(revision: number): Item {
    const bytes = this.#bookmark(revision, { 'k8s.io/initial-events-end': 'true' });
    return { type: 'BOOKMARK', object: new StoredObject('', '', '', revision, bytes) };
  }

  #bookmark(revision: number, annotations?: Record<string, string>): Buffer {
    const { kind, shape } = this.presentation;
    const object = {
      kind: shape === 'metadata' ? 'PartialObjectMetadata' : shape === 'table' ? 'Table' : kind.type.kind,
      apiVersion: shape === 'object' ? apiVersionOf(kind.type) : 'meta.k8s.io/v1',
      metadata: { resourceVersion: String(revision), ...(annotations && { annotations }) },
    };
    return Buffer.from(JSON.stringify(object));
  }

  #onEvents(events: readonly StoreEvent[]): void {
    if (!this.#isOpen) return;
    if (this.#isPlain && this.#isWhole && !this.#isBlocked && this.#backlog.length === 0 && !this.#isPumping) {
      this.#write(plainLines(events));
      this.count(events.length);
      return;
    }
    for (const event of events) {
      if (!this.#isWhole && !this.#isConverted && !this.#itemOf(event)) continue;
      if (this.#oldest === 0) this.#oldest = event.revision;
      this.#backlog.push(event);
    }
    // What waits is what the log holds anyway: a reader may not keep more of the past in memory than that.
    const isForgotten = this.#isBlocked && this.#oldest > 0 && this.#oldest <= this.store.compacted;
    if (isForgotten || this.#backlog.length > backlogEvents) this.#drop();
    else this.#pump();
  }

  #selects(object: StoredObject | undefined): object is StoredObject {
    const { name, matches } = this.selection;
    return object !== undefined && (name === undefined || object.name === name) && (!matches || matches(object));
  }

  /** What the change is to this selection; undefined when it does not concern it. */
  #itemOf(event: StoreEvent): Item | undefined {
    if (this.#isWhole) return event;
    const { previous } = event;
    const isIn = event.type !== 'DELETED' && this.#selects(event.object);
    const wasIn = event.type !== 'ADDED' && this.#selects(previous);
    if (isIn) return { type: wasIn ? 'MODIFIED' : 'ADDED', object: event.object };
    if (!wasIn) return undefined;
    return { type: 'DELETED', object: event.type === 'DELETED' ? event.object : departed(event, previous) };
  }

  #shown(item: Item): Item | undefined {
    return !this.#isConverted || item.type === 'BOOKMARK' || this.#selects(item.object) ? item : undefined;
  }

  /** Hands out what waits, a piece at a time, as long as the client takes it. */
  #pump(): void {
    if (this.#isPumping || !this.#isOpen) return;
    this.#isPumping = true;
    let index = 0;
    try {
      while (index < this.#backlog.length && !this.#isBlocked && this.#isOpen) {
        const frames: Buffer[] = [];
        let size = 0;
        while (index < this.#backlog.length && size < pieceBytes) {
          const ahead = this.#isConverted && this.#ahead(index);
          if (ahead) {
            this.#keepFrom(index);
            if (frames.length > 0) this.#write(new Lines(frames));
            this.#goOnAfter(ahead);
            return;
          }
          const waiting = this.#backlog[index++];
          const item = waiting && ('revision' in waiting ? this.#itemOf(waiting) : this.#shown(waiting));
          if (!item) continue;
          const bytes = item.type === 'BOOKMARK' ? item.object.bytes : present(this.presentation, item.object);
          if (bytes instanceof Promise) {
            // The rest goes on when this one has been converted; the order stays.
            this.#keepFrom(index);
            if (frames.length > 0) this.#write(new Lines(frames));
            this.#resume(item.type, bytes);
            return;
          }
          frames.push(frameStarts[item.type], bytes, frameEnd);
          if (item.type !== 'BOOKMARK') this.count(1);
          size += bytes.length;
        }
        if (frames.length > 0) this.#write(new Lines(frames));
      }
    } catch (error) {
      this.#isPumping = false;
      this.#fail(toApiError(error));
      return;
    }
    this.#isPumping = false;
    this.#keepFrom(index);
  }

  #keepFrom(index: number): void {
    this.#backlog = index < this.#backlog.length ? this.#backlog.slice(index) : [];
    const [first] = this.#backlog;
    // Objects of the beginning stand before all changes.
    if (!first) this.#oldest = 0;
    else if ('revision' in first) this.#oldest = first.revision;
  }

  /** Some of what waits is converted in one call; nothing when the next is ready. */
  #ahead(index: number): Promise<void> | undefined {
    const objects = this.#backlog
      .slice(index, index + convertedAtOnce)
      .flatMap((each) => ('previous' in each && each.previous ? [each.object, each.previous] : [each.object]))
      .filter((each) => each.resource !== '');
    return convertAhead(this.presentation.kind, objects);
  }

  #goOnAfter(ahead: Promise<void>): void {
    const goOn = () => {
      this.#isPumping = false;
      this.#pump();
    };
    ahead.then(goOn, (error: unknown) => {
      this.#isPumping = false;
      this.#fail(toApiError(error));
    });
  }

  #resume(type: FrameType, converting: Promise<Buffer>): void {
    converting.then(
      (bytes) => {
        this.#isPumping = false;
        this.#write(lineOf(type, bytes));
        this.#pump();
      },
      (error: unknown) => {
        this.#isPumping = false;
        this.#fail(toApiError(error));
      },
    );
  }

  #write(lines: Lines): void {
    // The server may have ended the answer as it stops.
    if (!this.#isOpen || this.response.writableEnded) return;
    if (this.#output.write(lines)) this.#movedAt = performance.now();
    else if (!this.#isBlocked) {
      this.#isBlocked = true;
      this.#movedAt = performance.now();
    }
  }

  #tick(now: number): void {
    const isIdle = !this.#isBlocked && this.#backlog.length === 0 && !this.#isPumping && this.store.isReady;
    const isOver = now >= this.#endAt;
    if (this.options.allowWatchBookmarks && isIdle && this.#subscription && (isOver || now >= this.#bookmarkAt)) {
      this.#bookmarkAt = now + bookmarkMilliseconds;
      this.#write(lineOf('BOOKMARK', this.#bookmark(this.#subscription.revision)));
    }
    if (isOver) {
      this.#close();
      this.response.end();
    } else if (this.#isBlocked && now - this.#movedAt > stalledMilliseconds) this.#drop();
  }

  #drop(): void {
    this.#close();
    this.response.destroy();
  }

  #fail(error: ApiError): void {
    if (!this.#isOpen) return;
    this.#close();
    this.response.end(lineOf('ERROR', Buffer.from(JSON.stringify(error.toStatus()))).text);
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#subscription?.close();
    this.#forgetClock();
    this.#backlog = [];
  }
}

/** For bodies of answers about one object. */
export function shapedBody(
  kind: KindDefinition,
  object: StoredObject,
  shape: Shape,
  query: URLSearchParams,
): Buffer | Promise<Buffer> {
  return present({ kind, shape, include: includeOf(query) }, object);
}
