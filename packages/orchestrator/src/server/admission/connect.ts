import type { IncomingMessage } from 'node:http';
import { arrayAt, isSame, type JsonObject } from '../../kinds/index.js';
import type { User } from '../authentication.js';
import type { Registry } from '../registry.js';
import type { ResourceRequest } from '../request-info.js';
import type { AdmissionRequest } from './admission.js';

const streams = ['stdin', 'stdout', 'stderr', 'tty'];
const proxyKinds: Readonly<Record<string, string>> = {
  pods: 'PodProxyOptions',
  services: 'ServiceProxyOptions',
  nodes: 'NodeProxyOptions',
};

/**
 * Lets the plugins judge a stream or a proxied request before it begins: the operation CONNECT, on what its client asks
 * for. Gives the query as they leave it. Throws what they refuse it with.
 */
export async function admitConnection(
  registry: Registry,
  request: Pick<IncomingMessage, 'url'>,
  target: ResourceRequest,
  query: URLSearchParams,
  user: User,
): Promise<URLSearchParams> {
  const asked = optionsFor(target, query, request.url ?? '');
  if (!asked) return query;
  const { kind, subresource, namespace, name } = target;
  const admitted: AdmissionRequest = {
    operation: 'CONNECT',
    kind,
    subresource,
    namespace,
    name,
    object: structuredClone(asked),
    old: undefined,
    context: { user, isDryRun: false, fieldManager: '', fieldValidation: 'Ignore', warnings: [] },
  };
  await registry.admission.mutate(admitted);
  await registry.admission.validate(admitted);
  // A backend's own query is none of the options.
  return subresource === 'proxy' || isSame(admitted.object, asked) ? query : queryOf(admitted.object ?? {});
}

function optionsFor({ kind, subresource }: ResourceRequest, query: URLSearchParams, url: string) {
  const flags = streams.filter((each) => query.has(each) && !['0', 'false'].includes(query.get(each) ?? ''));
  const shown = Object.fromEntries(flags.map((each) => [each, true]));
  const container = query.get('container') ?? '';
  const inContainer = { ...shown, ...(container !== '' && { container }) };
  const typed = (name: string, fields: JsonObject): JsonObject => ({ kind: name, apiVersion: 'v1', ...fields });
  switch (subresource) {
    case 'exec':
      return typed('PodExecOptions', { ...inContainer, command: query.getAll('command') });
    case 'attach':
      return typed('PodAttachOptions', inContainer);
    case 'portforward': {
      const ports = query.getAll('ports').flatMap((each) => each.split(',').map(Number));
      return typed('PodPortForwardOptions', ports.length > 0 ? { ports } : {});
    }
    case 'proxy': {
      const [path = ''] = url.split('?');
      return typed(proxyKinds[kind.type.plural] ?? '', { path: path.replace(/^.*?\/proxy(?=\/|$)/, '') });
    }
    default:
      return undefined;
  }
}

function queryOf({ kind: _kind, apiVersion: _version, ...options }: JsonObject): URLSearchParams {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(options))
    for (const each of Array.isArray(value) ? arrayAt(options, key) : [value])
      if (each !== undefined && each !== null) query.append(key, String(each));
  return query;
}
