import type { KubeObject } from '../kinds/index.js';

/** `shop/web`, or `web` for what has no namespace. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return toKey(name, namespace);
}

export function toKey(name: string, namespace?: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash === -1
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Revisions of one cluster are one growing number, which Kubernetes promises since 1.35. */
export function toRevision(resourceVersion: string | undefined): number {
  const revision = Number(resourceVersion ?? 0);
  return Number.isFinite(revision) ? revision : 0;
}
