import type { KubeClient } from '../client/index.js';
import { toKubeError } from '../client/index.js';
import type { ResourceType } from '../kinds/index.js';

export interface DiscoveredType extends ResourceType {
  readonly verbs: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Every resource (not subresource) that the cluster serves, in the preferred version of its group. A group whose
 * discovery fails makes the whole fail: whoever acts on "nothing there" must not mistake silence for it. Who can go on
 * without gives `onLacking`: an API that another server answers for may be away for long.
 */
export async function discoverTypes(
  client: KubeClient,
  onLacking?: (group: string, error: unknown) => void,
): Promise<DiscoveredType[]> {
  const groups = await getFields(client, '/apis');
  const versions = listOf(groups['groups']).map((group) => {
    const preferred = isFields(group['preferredVersion']) ? group['preferredVersion'] : listOf(group['versions'])[0];
    return `/apis/${textOf(preferred?.['groupVersion'])}`;
  });
  const lists = await Promise.all(
    ['/api/v1', ...versions].map(async (path) => {
      try {
        return { path, list: await getFields(client, path) };
      } catch (error) {
        if (!onLacking || path === '/api/v1') throw error;
        onLacking(path.split('/')[2] ?? '', error);
        return { path, list: {} };
      }
    }),
  );
  return lists.flatMap(({ path, list }) => {
    const [, , ...rest] = path.split('/');
    const [group, version] = path.startsWith('/apis/') ? [rest[0] ?? '', rest[1] ?? ''] : ['', rest[0] ?? ''];
    return listOf(list['resources'])
      .filter((resource) => !textOf(resource['name']).includes('/'))
      .map((resource) => ({
        group,
        version,
        plural: textOf(resource['name']),
        kind: textOf(resource['kind']),
        namespaced: resource['namespaced'] === true,
        verbs: (Array.isArray(resource['verbs']) ? resource['verbs'] : []).map(textOf),
      }));
  });
}

async function getFields(client: KubeClient, path: string): Promise<Fields> {
  const response = await client.request('GET', path);
  const body: unknown = await response.json();
  if (!response.ok) throw toKubeError(body, response.status);
  return isFields(body) ? body : {};
}

export const typeKey = (type: Pick<ResourceType, 'group' | 'plural'>): string => `${type.plural}.${type.group}`;
