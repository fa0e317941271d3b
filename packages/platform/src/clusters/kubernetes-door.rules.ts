import type { IncomingHttpHeaders } from 'node:http';
import type { Permission } from '../kernel/access/permissions.js';
import { type Need, needOf } from './kube-permissions.rules.js';

/** What a request to the Kubernetes API is about, as far as the door must know. */
export type KubernetesRequest =
  /** Discovery, OpenAPI, version: the same for everybody. */
  | { readonly about: 'api' }
  /** The list of namespaces, to be narrowed to the caller's. */
  | { readonly about: 'namespaces' }
  /** What may I do, who am I: the cluster answers everybody about himself. */
  | { readonly about: 'review' }
  /** A collection over all namespaces: for others than administrators, over the namespaces that they may see. */
  | {
      readonly about: 'everywhere';
      readonly group: string;
      readonly resource: string;
      readonly need: readonly Permission[];
    }
  | {
      readonly about: 'namespace';
      readonly namespace: string;
      /** `pods`, `pods/exec`; `namespaces` for the namespace itself. */
      readonly resource: string;
      readonly name: string | null;
      readonly isWrite: boolean;
      /** A session in a container: exec, attach, a forwarded port, a proxied request. */
      readonly isSession: boolean;
      readonly need: Need;
    }
  /** Cluster-wide: for administrators of the platform, and for its auditors where it is read. */
  | { readonly about: 'cluster'; readonly isRead: boolean };

/** In whose name a request is made, as its headers say (`kubectl --as`); undefined for one's own. `hasMore`: they say more than a name. */
export function findImpersonation(
  headers: IncomingHttpHeaders,
): { readonly username: string | undefined; readonly hasMore: boolean } | undefined {
  const names = Object.keys(headers).filter((name) => /^impersonate-/i.test(name));
  if (names.length === 0) return undefined;
  const user = headers['impersonate-user'];
  return { username: typeof user === 'string' && user ? user : undefined, hasMore: names.length > 1 };
}

const reads = new Set(['GET', 'HEAD']);
const execSubresources = new Set(['exec', 'attach', 'portforward', 'proxy']);
const reviews = new Set(['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews']);
/** Of the namespace itself; the third segment is otherwise a collection in it. */
const namespaceSubresources = new Set(['status', 'finalize']);

/** Takes a path of the Kubernetes API apart. Undefined for a path with tricks in it (dot segments, encoded slashes). */
export function classifyRequest(method: string, path: string): KubernetesRequest | undefined {
  const segments = parsePath(path);
  if (!segments) return undefined;
  const [root, ...rest] = segments;
  const isRead = reads.has(method);
  if (root === 'version' || root === 'openapi' || root === 'healthz' || root === 'readyz' || root === 'livez') {
    return isRead ? { about: 'api' } : { about: 'cluster', isRead };
  }
  if (root !== 'api' && root !== 'apis') return { about: 'cluster', isRead };
  const group = root === 'api' ? '' : (rest[0] ?? '');
  const prefix = root === 'api' ? 1 : 2;
  if (rest.length <= prefix) return isRead ? { about: 'api' } : { about: 'cluster', isRead };
  const [collection = '', namespace, resource, name, subresource] = rest.slice(prefix);
  if (collection !== 'namespaces' || (group !== '' && namespace === undefined)) {
    return classifyCollection(group, collection, namespace, method);
  }
  if (namespace === undefined) return isRead ? { about: 'namespaces' } : { about: 'cluster', isRead };
  const isItself =
    resource === undefined || (namespaceSubresources.has(resource) && name === undefined && group === '');
  const path3 = resource === undefined ? 'namespaces' : `namespaces/${resource}`;
  const kind = isItself ? path3 : `${resource}${subresource === undefined ? '' : `/${subresource}`}`;
  const isSession = !isItself && subresource !== undefined && execSubresources.has(subresource);
  return {
    about: 'namespace',
    namespace,
    resource: kind,
    name: isItself ? null : (name ?? null),
    isWrite: !isRead || isSession,
    isSession,
    need: needOf(group, kind, isRead),
  };
}

function classifyCollection(
  group: string,
  collection: string,
  name: string | undefined,
  method: string,
): KubernetesRequest {
  const isRead = reads.has(method);
  if (method === 'POST' && name === undefined && reviews.has(collection) && group.endsWith('.k8s.io')) {
    return { about: 'review' };
  }
  const need = needOf(group, collection, true);
  if (isRead && name === undefined && need !== 'never') {
    return { about: 'everywhere', group, resource: collection, need };
  }
  return { about: 'cluster', isRead };
}

function parsePath(path: string): string[] | undefined {
  try {
    const segments = path.split('/').filter(Boolean).map(decodeURIComponent);
    return segments.some((segment) => segment === '.' || segment === '..' || /[/\\\0]/.test(segment))
      ? undefined
      : segments;
  } catch {
    return undefined;
  }
}

/** Labels of the namespaces of environments. */
export const ours = {
  environment: 'slipway.dev/environment',
  tenantId: 'slipway.dev/tenant-id',
  projectId: 'slipway.dev/project-id',
} as const;

/**
 * The query narrowed to the namespaces of environments, `all` or those whose label has one of the values. A selector knows
 * no "or" over two labels: whoever has single projects is narrowed by projects alone, those of his tenants among them.
 */
export function narrow(
  search: string,
  to: 'all' | { readonly key: string; readonly values: readonly string[] },
): string {
  const query = new URLSearchParams(search);
  // No label value of ours has a dot: nothing matches where there is nothing to see.
  const own = to === 'all' ? [] : [`${to.key} in (${to.values.length > 0 ? to.values.join(',') : 'nothing.to.see'})`];
  const given = query.get('labelSelector');
  query.set('labelSelector', [ours.environment, ...own, ...(given ? [given] : [])].join(','));
  return `?${query}`;
}

/** What is noted of a session, a log or a Secret that is read; nothing for what else there is. */
export function toSession(
  request: { readonly resource: string; readonly name: string | null },
  method: string,
  search: string,
): { action: string; after: object } | undefined {
  const [resource = '', subresource] = request.resource.split('/');
  if (resource === 'secrets' && reads.has(method)) return { action: 'secret.read', after: { name: request.name } };
  if (subresource !== 'log' && !execSubresources.has(subresource ?? '')) return undefined;
  const query = new URLSearchParams(search);
  const command = query.getAll('command').join(' ').slice(0, 1000);
  const about = resource === 'services' ? 'service' : 'pod';
  return {
    action: `${about}.${subresource}`,
    after: {
      [about]: request.name,
      ...(query.has('container') && { container: query.get('container') }),
      ...(command && { command }),
    },
  };
}

/** A refusal in Kubernetes' words. */
export function toStatus(code: 400 | 401 | 403 | 404 | 429 | 500 | 503, message: string) {
  const reasons = {
    400: 'BadRequest',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'NotFound',
    429: 'TooManyRequests',
    500: 'InternalError',
    503: 'ServiceUnavailable',
  };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: reasons[code], code };
}
