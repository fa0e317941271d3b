import type { Permission } from '../kernel/access/permissions.js';

/** What a request to the Kubernetes API is about, as far as the door must know. */
export type KubernetesRequest =
  /** Discovery, OpenAPI, version: the same for everybody. */
  | { readonly about: 'api' }
  /** The list of namespaces, to be narrowed to the caller's. */
  | { readonly about: 'namespaces' }
  | {
      readonly about: 'namespace';
      readonly namespace: string;
      readonly isWrite: boolean;
      /** What the caller needs there; `never` is for administrators of the platform alone. */
      readonly permission: Permission | 'never';
    }
  /** Cluster-wide: for administrators of the platform alone. */
  | { readonly about: 'cluster' };

const reads = new Set(['GET', 'HEAD']);
const execSubresources = new Set(['exec', 'attach', 'portforward', 'proxy']);
/** What bounds a tenant is not the tenant's to change. */
const platformResources = new Set([
  'roles',
  'rolebindings',
  'resourcequotas',
  'limitranges',
  'networkpolicies',
  'serviceaccounts',
]);

/** Takes a path of the Kubernetes API apart. Undefined for a path with tricks in it (dot segments, encoded slashes). */
export function classifyRequest(method: string, path: string): KubernetesRequest | undefined {
  const segments = parsePath(path);
  if (!segments) return undefined;
  const [root, ...rest] = segments;
  const isRead = reads.has(method);
  if (root === 'version' || root === 'openapi' || root === 'healthz' || root === 'readyz' || root === 'livez') {
    return isRead ? { about: 'api' } : { about: 'cluster' };
  }
  if (root !== 'api' && root !== 'apis') return { about: 'cluster' };
  const prefix = root === 'api' ? 1 : 2;
  if (rest.length <= prefix) return isRead ? { about: 'api' } : { about: 'cluster' };
  const [collection, namespace, resource, , subresource] = rest.slice(prefix);
  if (collection !== 'namespaces') return { about: 'cluster' };
  if (namespace === undefined) return root === 'api' && isRead ? { about: 'namespaces' } : { about: 'cluster' };
  const permission = permissionOf(isRead, resource, subresource);
  return { about: 'namespace', namespace, isWrite: !isRead || execSubresources.has(subresource ?? ''), permission };
}

function permissionOf(
  isRead: boolean,
  resource: string | undefined,
  subresource: string | undefined,
): Permission | 'never' {
  // The namespace itself is made and deleted through its environment.
  if (resource === undefined) return isRead ? 'environments:read' : 'never';
  if (resource === 'serviceaccounts' && subresource === 'token') return 'never';
  if (subresource !== undefined && execSubresources.has(subresource)) return 'pods:exec';
  if (resource === 'secrets') return 'secrets:read';
  if (isRead) return subresource === 'log' ? 'logs:read' : 'pods:read';
  return platformResources.has(resource) ? 'never' : 'workloads:write';
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

/** The query with the label selector narrowed to the namespaces of these tenants. */
export function narrowToTenants(search: string, tenants: readonly string[]): string {
  const query = new URLSearchParams(search);
  // No label value of ours has a dot: nothing matches where there is no tenant.
  const own = `slipway.dev/tenant in (${tenants.length > 0 ? tenants.join(',') : 'no.tenant'})`;
  const given = query.get('labelSelector');
  query.set('labelSelector', given ? `${given},${own}` : own);
  return `?${query}`;
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
