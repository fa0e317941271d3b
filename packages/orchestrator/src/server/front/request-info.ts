/** What a request asks for, read from its method and path alone, whether such a resource exists or not. */
export interface RequestInfo {
  readonly path: readonly string[];
  readonly pathname: string;
  /** False for discovery, documents and health. */
  readonly isResource: boolean;
  /** `get`, `list`, `watch`, …; for what is no resource the method in lower case. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  /** Empty for a collection. */
  readonly name: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** What follows the version. */
  readonly rest: readonly string[];
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };

export function requestInfoOf(
  method: string,
  pathname: string,
  path: readonly string[],
  query: URLSearchParams,
): RequestInfo {
  const isCore = path[0] === 'api' && path.length > 2;
  const isGrouped = path[0] === 'apis' && path.length > 3;
  if (!isCore && !isGrouped) {
    const nothing = { group: '', version: '', namespace: '', resource: '', name: '', subresource: '', rest: [] };
    return { path, pathname, isResource: false, verb: method.toLowerCase(), ...nothing };
  }
  const group = isCore ? '' : (path[1] ?? '');
  const version = (isCore ? path[1] : path[2]) ?? '';
  const rest = path.slice(isCore ? 2 : 3);
  const isWatchPath = rest[0] === 'watch';
  let parts = isWatchPath ? rest.slice(1) : rest;
  let namespace = '';
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1] ?? '';
    const isItsOwn = parts.length === 2 || (parts.length === 3 && (parts[2] === 'status' || parts[2] === 'finalize'));
    if (!isItsOwn) parts = parts.slice(2);
  }
  const [resource = '', name = '', subresource = ''] = parts;
  const isWatch = isWatchPath || ['true', '1'].includes(query.get('watch') ?? '');
  const verb = verbs[method] ?? readVerb(method, name, isWatch);
  return { path, pathname, isResource: true, verb, group, version, namespace, resource, name, subresource, rest };
}

function readVerb(method: string, name: string, isWatch: boolean): string {
  if (method === 'DELETE') return name === '' ? 'deletecollection' : 'delete';
  if (isWatch) return 'watch';
  return name === '' ? 'list' : 'get';
}
