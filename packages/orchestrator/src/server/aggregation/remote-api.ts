import { createHash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import type { Connector } from './connect.js';
import type { RemoteService } from './remote-services.js';

const fetchMilliseconds = 10_000;
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** A document of OpenAPI v3, with a hash that changes with it. */
export interface RemoteDocument {
  readonly bytes: Buffer;
  readonly hash: string;
}

/** What a remote API says of itself. */
export interface RemoteApi {
  /** In the form of aggregated discovery. */
  readonly resources: readonly JsonObject[];
  readonly v3: RemoteDocument | undefined;
  /** The paths of its group version and all of its definitions. */
  readonly v2: { readonly paths: JsonObject; readonly definitions: JsonObject } | undefined;
}

/** Reads discovery and OpenAPI of a remote API. Rejects without discovery; OpenAPI may be missing. */
export async function readRemoteApi(
  connector: Connector,
  remote: RemoteService,
  before: RemoteApi | undefined,
): Promise<RemoteApi> {
  const read = async (path: string, accept = 'application/json'): Promise<Json> => {
    const { status, url, body } = await connector.fetch(remote, path, accept, fetchMilliseconds);
    if (status !== 200) throw new Error(`${url} answered ${status}`);
    return JSON.parse(body.toString());
  };
  const orNone = <T>(reading: Promise<T>) => reading.catch(() => undefined);
  const [resources, v3, v2] = await Promise.all([
    readResources(remote, read),
    orNone(readV3(connector, remote, before?.v3)),
    orNone(readV2(remote, read)),
  ]);
  // What has not changed stays the same object: documents made of it are kept.
  const same = <T>(now: T, last: T | undefined) => (JSON.stringify(now) === JSON.stringify(last) ? (last ?? now) : now);
  return { resources: same(resources, before?.resources), v3, v2: same(v2, before?.v2) };
}

type Read = (path: string, accept?: string) => Promise<Json>;

async function readResources({ group, version }: RemoteService, read: Read): Promise<JsonObject[]> {
  const all = await read('/apis', aggregated).catch(() => undefined);
  if (isJsonObject(all) && all.kind === 'APIGroupDiscoveryList') {
    const own = objectsAt(all, 'items').find((each) => stringAt(objectAt(each, 'metadata'), 'name') === group);
    const found = own && objectsAt(own, 'versions').find((each) => each.version === version);
    if (found) return objectsAt(found, 'resources');
  }
  return toAggregated(group, version, await read(`/apis/${group}/${version}`));
}

/** The resources of an APIResourceList in the form of aggregated discovery. */
export function toAggregated(group: string, version: string, list: Json): JsonObject[] {
  const listed = isJsonObject(list) ? objectsAt(list, 'resources') : [];
  const kindOf = (each: JsonObject): JsonObject => ({
    group: stringAt(each, 'group') || group,
    version: stringAt(each, 'version') || version,
    kind: stringAt(each, 'kind'),
  });
  return listed
    .filter((each) => !stringAt(each, 'name').includes('/'))
    .map((each) => {
      const name = stringAt(each, 'name');
      const subresources = listed
        .filter((other) => stringAt(other, 'name').startsWith(`${name}/`))
        .map((other) => ({
          subresource: stringAt(other, 'name').slice(name.length + 1),
          responseKind: kindOf(other),
          verbs: other.verbs ?? [],
        }));
      return {
        resource: name,
        responseKind: kindOf(each),
        scope: each.namespaced === true ? 'Namespaced' : 'Cluster',
        singularResource: stringAt(each, 'singularName'),
        verbs: each.verbs ?? [],
        ...(each.shortNames !== undefined && { shortNames: each.shortNames }),
        ...(each.categories !== undefined && { categories: each.categories }),
        ...(subresources.length > 0 && { subresources }),
      };
    });
}

async function readV3(
  connector: Connector,
  remote: RemoteService,
  before: RemoteDocument | undefined,
): Promise<RemoteDocument | undefined> {
  const get = async (path: string) => {
    const { status, body } = await connector.fetch(remote, path, 'application/json', fetchMilliseconds);
    if (status !== 200) throw new Error(`${path} answered ${status}`);
    return body;
  };
  const index: Json = JSON.parse((await get('/openapi/v3')).toString());
  const paths = isJsonObject(index) ? objectAt(index, 'paths') : {};
  const url = stringAt(objectAt(paths, `apis/${remote.group}/${remote.version}`), 'serverRelativeURL');
  if (!url.startsWith('/')) return undefined;
  const told = new URL(url, 'https://localhost').searchParams.get('hash');
  if (before && told === before.hash) return before;
  const bytes = await get(url);
  if (!isJsonObject(JSON.parse(bytes.toString()))) return undefined;
  return { bytes, hash: told || createHash('sha512').update(bytes).digest('hex').toUpperCase() };
}

async function readV2({ group, version }: RemoteService, read: Read): Promise<RemoteApi['v2']> {
  const document = await read('/openapi/v2');
  if (!isJsonObject(document)) return undefined;
  const root = `/apis/${group}/${version}/`;
  const paths = Object.entries(objectAt(document, 'paths')).filter(([path]) => `${path}/`.startsWith(root));
  return { paths: Object.fromEntries(paths), definitions: objectAt(document, 'definitions') };
}
