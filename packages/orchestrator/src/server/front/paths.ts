import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry as MetricsRegistry } from 'prom-client';
import { ApiError, noSuchPath } from '../api-error.js';
import type { KindCatalog } from '../catalog.js';
import { createDiscovery, type RemoteGroups } from '../discovery.js';
import { createOpenApi, type OpenApiDocument, type RemoteOpenApi } from '../openapi/openapi.js';
import { sendBytes, sendJson } from './answer.js';

const v2Protobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const yearSeconds = 365 * 24 * 3600;

export interface PathsOptions {
  catalog: KindCatalog;
  remote?: { readonly groups: RemoteGroups; readonly openApi: RemoteOpenApi };
  metrics: MetricsRegistry;
  /** `v1.36.0`. */
  version: string;
  /** Where clients reach the server: host and port. */
  address(): string;
}

export type AnswerPath = (path: readonly string[], request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Answers paths that are no resources': discovery, OpenAPI, metrics. Throws 404. */
export function createPaths({ catalog, remote, metrics, version, address }: PathsOptions): AnswerPath {
  const discovery = createDiscovery(catalog, remote?.groups);
  const openApi = createOpenApi(catalog, version, remote?.openApi);

  function answerOpenApi(path: readonly string[], request: IncomingMessage, response: ServerResponse): void {
    const accept = request.headers.accept ?? '';
    if (path[1] === 'v2' && path.length === 2) {
      const isProtobuf = accept.includes('proto-openapi.spec.v2');
      if (!isProtobuf && accept !== '' && !/json|\*/.test(accept))
        throw new ApiError(
          406,
          'NotAcceptable',
          `only the following media types are accepted: application/json, ${v2Protobuf}`,
        );
      const type = isProtobuf ? v2Protobuf : 'application/json';
      sendDocument(openApi.v2(isProtobuf ? 'protobuf' : 'json'), type, request, response, 'Accept');
      return;
    }
    if (path[1] !== 'v3') throw noSuchPath();
    if (path.length === 2) {
      sendJson(response, 200, openApi.index());
      return;
    }
    const place = path.slice(2).join('/');
    const hash = openApi.hashOf(place);
    if (hash === undefined) throw noSuchPath();
    const asked = new URL(request.url ?? '', 'https://localhost').searchParams.get('hash') ?? '';
    if (asked !== '' && asked !== hash) {
      // What was cached under the old hash stays what it was; the new document has a new address.
      response.writeHead(301, { location: `/openapi/v3/${place}?hash=${hash}`, 'content-length': 0 });
      response.end();
      return;
    }
    const document = openApi.findV3(place);
    if (!document) throw noSuchPath();
    if (asked !== '') {
      response.setHeader('cache-control', `public, immutable, max-age=${yearSeconds}`);
      response.setHeader('expires', new Date(Date.now() + yearSeconds * 1000).toUTCString());
    }
    sendDocument(document, 'application/json', request, response, 'Accept');
  }

  return async (path, request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw noSuchPath();
    const [root, second = '', third = ''] = path;
    if (root === 'openapi') return answerOpenApi(path, request, response);
    if (root === 'metrics' && path.length === 1) {
      const type = { 'content-type': metrics.contentType };
      return sendBytes(response, 200, type, Buffer.from(await metrics.metrics()));
    }
    if ((root === 'api' || root === 'apis') && path.length === 1) {
      const form = aggregatedForm(request.headers.accept ?? '');
      if (!form) return sendJson(response, 200, root === 'api' ? discovery.versions(address()) : discovery.groups());
      const type = `application/json;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`;
      return sendDocument(discovery.aggregated(root, form), type, request, response, 'Accept');
    }
    const found =
      path.length === 0
        ? { paths: rootPaths(discovery.groups()) }
        : root === 'api' && path.length === 2
          ? discovery.findResources('', second)
          : root === 'apis' && path.length === 2
            ? discovery.findGroup(second)
            : root === 'apis' && path.length === 3
              ? discovery.findResources(second, third)
              : undefined;
    if (!found) throw noSuchPath();
    sendJson(response, 200, found);
  };
}

function rootPaths({ groups }: { groups?: unknown }): string[] {
  const found = ['/api', '/api/v1', '/apis', '/apis/'];
  for (const group of Array.isArray(groups) ? groups : []) {
    found.push(`/apis/${group.name}`);
    for (const { groupVersion } of group.versions) found.push(`/apis/${groupVersion}`);
  }
  const others = ['healthz', 'livez', 'metrics', 'openapi/v2', 'openapi/v3', 'readyz', 'version'];
  return [...found, ...others.map((each) => `/${each}`)];
}

/** The first form of aggregated discovery that the client takes; none for the old lists. */
function aggregatedForm(accept: string): 'v2' | 'v2beta1' | undefined {
  for (const offer of accept.split(',')) {
    const parts = offer.split(';').map((each) => each.trim());
    if (parts[0] !== 'application/json') continue;
    if (!parts.includes('g=apidiscovery.k8s.io') || !parts.includes('as=APIGroupDiscoveryList')) return undefined;
    if (parts.includes('v=v2')) return 'v2';
    if (parts.includes('v=v2beta1')) return 'v2beta1';
  }
  return undefined;
}

function sendDocument(
  { bytes, etag }: OpenApiDocument,
  type: string,
  request: IncomingMessage,
  response: ServerResponse,
  vary: string,
): void {
  response.setHeader('etag', etag);
  response.setHeader('vary', vary);
  const known = String(request.headers['if-none-match'] ?? '').split(',');
  if (known.some((each) => each.trim().replace(/^W\//, '') === etag || each.trim() === '*')) {
    response.writeHead(304);
    response.end();
    return;
  }
  sendBytes(response, 200, { 'content-type': type }, bytes);
}
