import {
  type Endpoint,
  type EndpointAddress,
  type EndpointSlice,
  type EndpointSlicePort,
  type Endpoints,
  type Pod,
  type Service,
  services,
} from '../../kinds/index.js';
import { isDeleting, toControllerReference } from '../../runtime/index.js';
import { suffixOf } from '../names.js';
import { isPodFinished, isPodReady } from '../pods.js';
import { canonical, isSame } from '../same.js';
import { managedBy, managedByLabel, type Observed, serviceLabel } from './observe.js';

export type Action =
  | { readonly do: 'create'; readonly slice: EndpointSlice; readonly why: string }
  | { readonly do: 'update'; readonly slice: EndpointSlice; readonly why: string }
  | { readonly do: 'delete'; readonly name: string; readonly why: string }
  | { readonly do: 'mirror'; readonly endpoints: Endpoints; readonly exists: boolean; readonly why: string };

const mostPerSlice = 100;
const mirrorLabel = 'endpoints.kubernetes.io/managed-by';

/** Decides which slices tell where a service's pods are. A service without a selector is left to its users. Pure. */
export function plan(observed: Observed): { readonly actions: readonly Action[] } {
  const { service, slices } = observed;
  const isOurs = Object.keys(service.spec?.selector ?? {}).length > 0 && service.spec?.type !== 'ExternalName';
  if (isDeleting(service)) return { actions: [] };
  const wanted = isOurs ? wantedSlices(observed) : [];
  const actions: Action[] = [];
  const present = new Map(slices.map((slice) => [slice.metadata.name, slice]));
  for (const slice of wanted) {
    const current = present.get(slice.metadata.name);
    const count = slice.endpoints?.length ?? 0;
    if (!current) actions.push({ do: 'create', slice, why: `${count} endpoints` });
    else if (!isUpToDate(current, slice)) {
      const metadata = {
        ...current.metadata,
        labels: slice.metadata.labels,
        ownerReferences: slice.metadata.ownerReferences,
      };
      actions.push({ do: 'update', slice: { ...current, ...slice, metadata }, why: `${count} endpoints` });
    }
    present.delete(slice.metadata.name);
  }
  for (const [name, slice] of present) {
    if (!isDeleting(slice)) actions.push({ do: 'delete', name, why: 'no endpoint is left for it' });
  }
  return { actions: [...actions, ...(isOurs ? mirror(observed) : [])] };
}

function isUpToDate(current: EndpointSlice, wanted: EndpointSlice): boolean {
  return (
    isSame(current.endpoints ?? [], wanted.endpoints ?? []) &&
    isSame(current.ports ?? [], wanted.ports ?? []) &&
    isSame(current.metadata.labels, wanted.metadata.labels) &&
    current.addressType === wanted.addressType
  );
}

/** Pods of one release may give a named port different numbers, so slices are grouped by their ports. */
function wantedSlices(observed: Observed): EndpointSlice[] {
  const { service } = observed;
  const groups = new Map<string, { ports: EndpointSlicePort[]; endpoints: Endpoint[] }>();
  for (const pod of served(observed)) {
    const ports = portsOf(service, pod);
    const key = canonical(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(toEndpoint(observed, pod));
    groups.set(key, group);
  }
  // One empty slice tells "nobody serves", which is not the same as "nobody has looked yet".
  if (groups.size === 0) groups.set('', { ports: [], endpoints: [] });
  return [...groups].flatMap(([key, { ports, endpoints }]) => {
    const count = Math.max(1, Math.ceil(endpoints.length / mostPerSlice));
    return Array.from({ length: count }, (_, index) =>
      sliceOf(service, key, index, ports, endpoints.slice(index * mostPerSlice, (index + 1) * mostPerSlice)),
    );
  });
}

function sliceOf(
  service: Service,
  portsKey: string,
  index: number,
  ports: EndpointSlicePort[],
  endpoints: Endpoint[],
): EndpointSlice {
  const { name, namespace, uid, labels } = service.metadata;
  return {
    metadata: {
      name: `${name}-${suffixOf(`${uid} ${portsKey} ${index}`)}`,
      namespace,
      labels: {
        ...labels,
        [serviceLabel]: name,
        [managedByLabel]: managedBy,
        ...(service.spec?.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
      },
      ownerReferences: [toControllerReference(services, service)],
    },
    addressType: 'IPv4',
    endpoints,
    ports,
  };
}

/** Pods that have an address and have not finished, by name, so that equal worlds give equal slices. */
function served({ pods }: Observed): Pod[] {
  return pods
    .filter((pod) => pod.status?.podIP && !isPodFinished(pod))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

function portsOf(service: Service, pod: Pod): EndpointSlicePort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const protocol = port.protocol ?? 'TCP';
    const number = numberOf(port.targetPort ?? port.port, protocol, pod);
    if (number === undefined) return [];
    const { appProtocol } = port;
    return [{ name: port.name ?? '', protocol, port: number, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

function numberOf(target: number | string, protocol: string, pod: Pod): number | undefined {
  if (typeof target === 'number') return target;
  const containers = pod.spec?.containers ?? [];
  const named = containers
    .flatMap((container) => container.ports ?? [])
    .find((port) => port.name === target && (port.protocol ?? 'TCP') === protocol);
  return named?.containerPort ?? (/^\d+$/.test(target) ? Number(target) : undefined);
}

function toEndpoint({ service, zones }: Observed, pod: Pod): Endpoint {
  const terminating = isDeleting(pod);
  const serving = isPodReady(pod);
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { name, namespace, uid } = pod.metadata;
  const nodeName = pod.spec?.nodeName;
  const zone = zones.get(nodeName ?? '');
  const hostname = pod.spec?.subdomain === service.metadata.name ? pod.spec?.hostname : undefined;
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving, terminating },
    targetRef: { kind: 'Pod', name, namespace, uid },
    ...(nodeName ? { nodeName } : {}),
    ...(zone === undefined ? {} : { zone }),
    ...(hostname ? { hostname } : {}),
  };
}

/** core/v1 Endpoints, for readers that know nothing newer. */
function mirror(observed: Observed): Action[] {
  const { service, endpoints: current } = observed;
  if (current === 'unsupported') return [];
  const { name, namespace, labels } = service.metadata;
  const groups = new Map<
    string,
    { ports: EndpointSlicePort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }
  >();
  for (const pod of served(observed)) {
    const ports = portsOf(service, pod);
    const key = canonical(ports);
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    const endpoint = toEndpoint(observed, pod);
    if (isDeleting(pod) && !endpoint.conditions?.ready) continue;
    const { nodeName, targetRef, hostname } = endpoint;
    const address = { ip: endpoint.addresses[0] ?? '', nodeName, targetRef, ...(hostname ? { hostname } : {}) };
    (endpoint.conditions?.ready ? group.ready : group.notReady).push(address);
    groups.set(key, group);
  }
  const subsets = [...groups.values()].map(({ ports, ready, notReady }) => ({
    ...(ready.length > 0 ? { addresses: ready } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
    ports: ports.map(({ name, port = 0, protocol, appProtocol }) => ({
      port,
      protocol,
      ...(name ? { name } : {}),
      ...(appProtocol ? { appProtocol } : {}),
    })),
  }));
  const wanted = { ...labels, [mirrorLabel]: 'endpoint-controller' };
  if (current && isSame(current.subsets ?? [], subsets) && isSame(current.metadata.labels, wanted)) return [];
  const metadata = { ...(current?.metadata ?? { name, namespace }), labels: wanted };
  return [{ do: 'mirror', endpoints: { metadata, subsets }, exists: current !== undefined, why: 'the pods changed' }];
}
