import type { EndpointSlice, Endpoints, Node, Pod, Service } from '../../kinds/index.js';
import { type Informer, matchesLabels, toKey } from '../../runtime/index.js';

export interface Observed {
  readonly service: Service;
  readonly pods: readonly Pod[];
  /** The slices of this service that are ours. */
  readonly slices: readonly EndpointSlice[];
  /** The old-fashioned mirror; `unsupported` where the cluster does not serve the kind. */
  readonly endpoints: Endpoints | undefined | 'unsupported';
  readonly zones: ReadonlyMap<string, string>;
}

export const serviceLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const managedBy = 'endpointslice-controller.k8s.io';
const zoneLabel = 'topology.kubernetes.io/zone';

export function observe(
  service: Service,
  copies: {
    pods: Informer<Pod>;
    slices: Informer<EndpointSlice>;
    nodes: Informer<Node>;
    endpoints: Informer<Endpoints> | undefined;
  },
): Observed {
  const { name, namespace } = service.metadata;
  const selector = service.spec?.selector ?? {};
  const hasSelector = Object.keys(selector).length > 0;
  const zones = copies.nodes.list().flatMap((node): [string, string][] => {
    const zone = node.metadata.labels?.[zoneLabel];
    return zone === undefined ? [] : [[node.metadata.name, zone]];
  });
  return {
    service,
    pods: hasSelector ? copies.pods.list(namespace).filter((pod) => matchesLabels(selector, pod.metadata.labels)) : [],
    slices: copies.slices
      .list(namespace)
      .filter(({ metadata: { labels } }) => labels?.[serviceLabel] === name && labels[managedByLabel] === managedBy),
    endpoints: copies.endpoints ? copies.endpoints.get(toKey(name, namespace)) : 'unsupported',
    zones: new Map(zones),
  };
}
