import type { ResourceType } from '../kinds/index.js';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The API path of a collection or an object: `/apis/apps/v1/namespaces/shop/deployments/web/status`.
 * A namespaced type without a namespace means the collection over all namespaces.
 */
export function toPath(
  type: Pick<ResourceType, 'group' | 'version' | 'plural' | 'kind' | 'namespaced'>,
  target: { namespace?: string; name?: string; subresource?: string; query?: Query } = {},
): string {
  const { namespace, name, subresource, query } = target;
  if (type.namespaced && name !== undefined && !namespace) {
    throw new Error(`${type.kind} "${name}" is namespaced: pass its namespace`);
  }
  const parts = [type.group === '' ? '/api' : `/apis/${type.group}`, type.version];
  if (type.namespaced && namespace) parts.push('namespaces', encodeURIComponent(namespace));
  parts.push(type.plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (subresource !== undefined) parts.push(subresource);
  return parts.join('/') + toQuery(query);
}

export function toQuery(query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
