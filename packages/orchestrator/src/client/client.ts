import { Readable } from 'node:stream';
import { apiVersionOf, type KubeList, type KubeObject, type ResourceType, type WatchEvent } from '../kinds/index.js';
import type { KubeConnection } from './connection.js';
import { isNotFound, KubeUnreachableError } from './kube-error.js';
import { toPath } from './paths.js';
import { createTransport, type HttpAnswer, readJson } from './transport.js';
import { parseWatchEvent, readLines } from './watch.js';

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly signal?: AbortSignal;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
}

export interface UpdateOptions extends WriteOptions {
  /** `finalize` is for namespaces only, `approval` for certificate signing requests. */
  readonly subresource?: 'status' | 'scale' | 'finalize' | 'approval';
}

export type PatchType = 'merge' | 'json' | 'strategic' | 'apply';

export interface PatchOptions extends WriteOptions {
  readonly type: PatchType;
  readonly subresource?: 'status' | 'scale' | 'ephemeralcontainers';
  /** Apply only: take over fields that another manager owns. */
  readonly force?: boolean;
}

export interface DeleteOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  /** Refuse (409) unless the object is this very one. */
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface WatchOptions {
  readonly namespace?: string;
  /** Events after this version; without it, every existing object comes first as ADDED. */
  readonly resourceVersion?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** The server ends the watch after this long. */
  readonly timeoutSeconds?: number;
  readonly signal: AbortSignal;
}

export interface PodLogOptions {
  readonly container?: string;
  readonly follow?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly timestamps?: boolean;
  readonly previous?: boolean;
  readonly signal?: AbortSignal;
}

export interface RequestOptions {
  /** Sent as it is when a string or Buffer, as JSON otherwise. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** 0: may stay silent for ever. */
  readonly idleTimeoutMs?: number;
}

/**
 * The Kubernetes API, and the only way anything of ours reaches a cluster. Every method throws `KubeError` where the
 * cluster refuses and `KubeUnreachableError` where no answer came. Nothing is retried here: callers look at the world
 * again and decide again.
 */
export interface KubeClient {
  readonly connection: KubeConnection;
  get<T extends KubeObject>(type: ResourceType<T>, name: string, namespace?: string): Promise<T>;
  /** Undefined where `get` would throw 404. */
  find<T extends KubeObject>(type: ResourceType<T>, name: string, namespace?: string): Promise<T | undefined>;
  /** One page where `limit` is given, else all. */
  list<T extends KubeObject>(type: ResourceType<T>, options?: ListOptions): Promise<KubeList<T>>;
  /** The namespace is the one in the metadata; an empty name leaves the naming to `generateName`. */
  create<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  /** Refused with 409 where the object has a resourceVersion that is no longer current. */
  update<T extends KubeObject>(type: ResourceType<T>, object: T, options?: UpdateOptions): Promise<T>;
  patch<T extends KubeObject>(
    type: ResourceType<T>,
    name: string,
    namespace: string | undefined,
    patch: unknown,
    options: PatchOptions,
  ): Promise<T>;
  delete(type: ResourceType, name: string, namespace?: string, options?: DeleteOptions): Promise<void>;
  /**
   * Events until `signal` aborts (then it simply ends) or the server ends the watch; throws `KubeError` 410 when the
   * resource version is too old. The request is sent when iteration begins. Bookmarks are asked for.
   */
  watch<T extends KubeObject>(
    type: ResourceType<T>,
    options: WatchOptions,
  ): AsyncIterable<Exclude<WatchEvent<T>, { type: 'ERROR' }>>;
  podLog(namespace: string, pod: string, options?: PodLogOptions): Promise<Readable>;
  /** Anything else. Like `fetch`, an answer of any status is returned, not thrown; the path starts at the API's root. */
  request(method: string, path: string, options?: RequestOptions): Promise<Response>;
  close(): Promise<void>;
}

const contentTypes: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};
const json = { 'content-type': 'application/json' };
const dryRunOf = (options: WriteOptions | undefined): 'All' | undefined => (options?.dryRun ? 'All' : undefined);

/** A client on kept-alive connections of its own; `close()` ends them and every watch. */
export function createKubeClient(connection: KubeConnection): KubeClient {
  const transport = createTransport(connection);

  const send = async <R>(
    method: string,
    path: string,
    content?: { body: unknown; type?: string },
    signal?: AbortSignal,
  ): Promise<R> => {
    const answer = await transport.send({
      method,
      path,
      signal,
      ...(content && {
        headers: content.type === undefined ? json : { 'content-type': content.type },
        body: JSON.stringify(content.body),
      }),
    });
    try {
      return (await readJson(answer)) as R;
    } catch (error) {
      throw isBrokenOff(error) ? new KubeUnreachableError(connection.server, error) : error;
    }
  };

  const client: KubeClient = {
    connection,
    get: (type, name, namespace) => send('GET', toPath(type, { namespace, name })),
    find: async (type, name, namespace) => {
      try {
        return await client.get(type, name, namespace);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    list: async <T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}) => {
      const { namespace, signal, ...query } = options;
      const list = await send<KubeList<T>>('GET', toPath(type, { namespace, query }), undefined, signal);
      // Upstream leaves the type out of a list's items; readers of one object should not care where it came from.
      const apiVersion = apiVersionOf(type);
      for (const item of list.items) {
        item.apiVersion ??= apiVersion;
        item.kind ??= type.kind;
      }
      return list;
    },
    create: (type, object, options) => {
      const { namespace } = object.metadata;
      const query = { dryRun: dryRunOf(options), fieldManager: options?.fieldManager };
      return send('POST', toPath(type, { namespace, query }), { body: typed(type, object) });
    },
    update: (type, object, options) => {
      const { name, namespace } = object.metadata;
      const query = { dryRun: dryRunOf(options), fieldManager: options?.fieldManager };
      const path = toPath(type, { namespace, name, subresource: options?.subresource, query });
      return send('PUT', path, { body: options?.subresource === 'scale' ? object : typed(type, object) });
    },
    patch: (type, name, namespace, patch, options) => {
      const query = {
        dryRun: dryRunOf(options),
        fieldManager: options.fieldManager ?? (options.type === 'apply' ? 'slipway' : undefined),
        force: options.force,
      };
      const path = toPath(type, { namespace, name, subresource: options.subresource, query });
      return send('PATCH', path, { body: patch, type: contentTypes[options.type] });
    },
    delete: async (type, name, namespace, options = {}) => {
      const { uid, resourceVersion, ...rest } = options;
      const preconditions =
        uid === undefined && resourceVersion === undefined ? {} : { preconditions: { uid, resourceVersion } };
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...rest, ...preconditions };
      await send('DELETE', toPath(type, { namespace, name }), { body });
    },
    async *watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions) {
      const { namespace, signal, ...selection } = options;
      const query = { watch: true, allowWatchBookmarks: true, ...selection };
      let answer: HttpAnswer | undefined;
      try {
        answer = await transport.send({
          method: 'GET',
          path: toPath(type, { namespace, query }),
          signal,
          idleTimeoutMs: 0,
        });
        if (answer.status !== 200) await readJson(answer);
        for await (const line of readLines(answer.body)) {
          if (signal.aborted) return;
          if (line !== '') yield parseWatchEvent<T>(line);
        }
      } catch (error) {
        if (signal.aborted) return;
        throw isBrokenOff(error) ? new KubeUnreachableError(connection.server, error) : error;
      } finally {
        answer?.body.destroy();
      }
    },
    podLog: async (namespace, pod, options = {}) => {
      const { signal, ...query } = options;
      const path = toPath(podType, { namespace, name: pod, subresource: 'log', query });
      const answer = await transport.send({
        method: 'GET',
        path,
        signal,
        headers: { accept: '*/*' },
        idleTimeoutMs: options.follow ? 0 : undefined,
      });
      if (answer.status !== 200) await readJson(answer);
      return answer.body;
    },
    request: async (method, path, options = {}) => {
      const { body } = options;
      const raw = typeof body === 'string' || Buffer.isBuffer(body);
      const answer = await transport.send({
        method,
        path,
        signal: options.signal,
        idleTimeoutMs: options.idleTimeoutMs,
        headers: { ...(body === undefined || raw ? {} : json), ...options.headers },
        body: body === undefined || raw ? body : JSON.stringify(body),
      });
      return toResponse(method, answer);
    },
    close: () => transport.close(),
  };
  return client;
}

const podType = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };

function typed<T extends KubeObject>(type: ResourceType<T>, object: T): T {
  return { apiVersion: apiVersionOf(type), kind: type.kind, ...object };
}

/** The connection broke in the middle of a body, as opposed to the cluster saying no. */
function isBrokenOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

function toResponse(method: string, answer: HttpAnswer): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    if (name === 'content-encoding' || value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) headers.append(name, item);
  }
  const empty = method === 'HEAD' || [101, 204, 205, 304].includes(answer.status);
  if (empty) answer.body.resume();
  const body = empty ? null : (Readable.toWeb(answer.body) as unknown as ConstructorParameters<typeof Response>[0]);
  return new Response(body, { status: answer.status, headers });
}
