import type { IncomingMessage } from 'node:http';
import type { RequestLabels } from '../metrics.js';
import type { RequestInfo } from './request-info.js';

const nothing: RequestLabels = { verb: '', group: '', version: '', resource: '', subresource: '', scope: '' };
const verbs: Readonly<Record<string, string>> = {
  list: 'LIST',
  watch: 'WATCH',
  deletecollection: 'DELETECOLLECTION',
};
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const connecting = new Set(['exec', 'attach', 'portforward', 'proxy']);

/** How a request is counted. `isServed`: its resource is one of this server's. */
export function labelsOf(request: IncomingMessage, info: RequestInfo | undefined, isServed: boolean): RequestLabels {
  const method = request.method ?? '';
  // A client may send any word as a method.
  const plain = methods.has(method) ? method : 'other';
  if (!info?.isResource || !isServed) return { ...nothing, verb: plain };
  const { verb, group, version, resource, subresource, namespace, name } = info;
  const isApply = method === 'PATCH' && request.headers['content-type']?.startsWith('application/apply-patch') === true;
  return {
    verb: connecting.has(subresource) ? 'CONNECT' : isApply ? 'APPLY' : (verbs[verb] ?? plain),
    group,
    version,
    resource,
    subresource,
    scope: name !== '' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster',
  };
}
