import type { Gateway, HTTPRoute, KubeObject, ListenerSet } from '../../kinds/index.js';

export const gatewayGroup = 'gateway.networking.k8s.io';

/** A parentRef of a route or of a ListenerSet. */
interface ParentRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Does the reference, which stands in an object of `from`'s namespace, name this gateway? */
export function namesGateway(ref: ParentRef, from: KubeObject, gateway: Gateway): boolean {
  return names(ref, from, 'Gateway', gateway);
}

/** As `namesGateway`, for ListenerSets. */
export function namesListenerSet(ref: ParentRef, from: HTTPRoute, set: ListenerSet): boolean {
  return names(ref, from, 'ListenerSet', set);
}

function names(ref: ParentRef, from: KubeObject, kind: 'Gateway' | 'ListenerSet', object: KubeObject): boolean {
  return (
    (ref.group ?? gatewayGroup) === gatewayGroup &&
    (ref.kind ?? 'Gateway') === kind &&
    ref.name === object.metadata.name &&
    (ref.namespace ?? from.metadata.namespace) === object.metadata.namespace
  );
}

/** Gateway API: the oldest wins, then the first in alphabetical order. */
export function byAge(a: KubeObject, b: KubeObject): number {
  const created = ({ metadata }: KubeObject) => metadata.creationTimestamp ?? '';
  const full = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;
  if (created(a) !== created(b)) return created(a) < created(b) ? -1 : 1;
  return full(a) < full(b) ? -1 : 1;
}
