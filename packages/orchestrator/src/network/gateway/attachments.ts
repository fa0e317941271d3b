import {
  type Gateway,
  type HTTPRoute,
  type Labels,
  type ListenerSetListener,
  matchesLabelSelector,
} from '../../kinds/index.js';
import type { JudgedSet, Problem } from './listeners.js';
import { namesGateway, namesListenerSet } from './references.js';

type ParentRef = NonNullable<HTTPRoute['spec']['parentRefs']>[number];

/** One parentRef of a route that names something of ours. */
export interface Attachment {
  readonly parentRef: ParentRef;
  readonly parent: Gateway | JudgedSet['set'];
  /** The parent does not take the route. */
  readonly refused?: Problem;
  /** The listeners of a ListenerSet that take the route. */
  readonly listeners: readonly string[];
}

/** What a route hangs on, of ours. Empty: it is no business of this gateway. Pure. */
export function attachmentsOf(
  route: HTTPRoute,
  gateways: readonly Gateway[],
  sets: readonly JudgedSet[],
  namespaceLabels: (namespace: string) => Labels | undefined,
): Attachment[] {
  return (route.spec.parentRefs ?? []).flatMap((parentRef): Attachment[] => {
    const gateway = gateways.find((candidate) => namesGateway(parentRef, route, candidate));
    if (gateway) return [{ parentRef, parent: gateway, listeners: [] }];
    const judged = sets.find(({ set }) => namesListenerSet(parentRef, route, set));
    return judged ? [attach(route, parentRef, judged, namespaceLabels)] : [];
  });
}

/**
 * What a route is asked over where its listeners speak one of the two alone, as that of a redirect to TLS; undefined where they speak
 * both, or are not known.
 */
export function schemeOf(attachments: readonly Attachment[]): 'http' | 'https' | undefined {
  const [protocol, other] = new Set(attachments.filter(({ refused }) => !refused).flatMap(protocolsOf));
  if (other !== undefined) return undefined;
  return protocol === 'HTTP' ? 'http' : protocol === 'HTTPS' ? 'https' : undefined;
}

function protocolsOf({ parent, parentRef: { sectionName, port }, listeners }: Attachment): readonly string[] {
  const all: readonly { name: string; port?: number; protocol: string }[] = parent.spec.listeners;
  const isMeant = (listener: { name: string; port?: number }): boolean =>
    listeners.length > 0
      ? listeners.includes(listener.name)
      : (sectionName === undefined || listener.name === sectionName) && (port === undefined || listener.port === port);
  return all.filter(isMeant).map(({ protocol }) => protocol);
}

function attach(
  route: HTTPRoute,
  parentRef: ParentRef,
  { set, refused, listeners }: JudgedSet,
  namespaceLabels: (namespace: string) => Labels | undefined,
): Attachment {
  const refuse = (reason: string, message: string): Attachment => ({
    parentRef,
    parent: set,
    refused: { reason, message },
    listeners: [],
  });
  if (refused) return refuse('NoMatchingParent', 'The gateway does not let this ListenerSet in.');
  const { sectionName, port } = parentRef;
  const named = listeners.filter(
    ({ listener }) =>
      (sectionName === undefined || listener.name === sectionName) && (port === undefined || listener.port === port),
  );
  if (named.length === 0) return refuse('NoMatchingParent', 'The ListenerSet has no such listener.');
  const namespace = route.metadata.namespace ?? '';
  const isSame = namespace === set.metadata.namespace;
  const open = named.filter(
    ({ accepted, supportsRoutes, listener }) =>
      accepted === undefined && supportsRoutes && admits(listener, isSame, namespaceLabels(namespace)),
  );
  if (open.length === 0) return refuse('NotAllowedByListeners', 'No listener of the ListenerSet takes this route.');
  const taking = open.filter(({ listener }) => sharesHost(listener.hostname, route.spec.hostnames ?? []));
  if (taking.length === 0)
    return refuse('NoMatchingListenerHostname', 'No listener of the ListenerSet has a host name of this route.');
  return { parentRef, parent: set, listeners: taking.map(({ listener }) => listener.name) };
}

function admits({ allowedRoutes }: ListenerSetListener, isSame: boolean, labels: Labels | undefined): boolean {
  const { from = 'Same', selector } = allowedRoutes?.namespaces ?? {};
  switch (from) {
    case 'All':
      return true;
    case 'Same':
      return isSame;
    case 'Selector':
      return matchesLabelSelector(selector, labels);
  }
}

/** Whether some host name is both the listener's and the route's. Nothing named: all are meant. */
function sharesHost(listener: string | undefined, hosts: readonly string[]): boolean {
  if (listener === undefined || hosts.length === 0) return true;
  return hosts.some((host) => covers(listener, host.toLowerCase()) || covers(host.toLowerCase(), listener));
}

function covers(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)));
}
