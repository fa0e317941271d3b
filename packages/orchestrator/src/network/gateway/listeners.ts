import { createHash } from 'node:crypto';
import {
  type Gateway,
  type HTTPRoute,
  type Labels,
  type ListenerSet,
  type ListenerSetListener,
  matchesLabelSelector,
  type Secret,
} from '../../kinds/index.js';
import type { Pair } from './certificate-pair.js';
import type { Certificate } from './model.js';
import { byAge, gatewayGroup, namesGateway, namesListenerSet } from './references.js';

/** What decides about the listeners that others add to our gateways. */
export interface ObservedListeners {
  readonly gateways: readonly Gateway[];
  readonly routes: readonly HTTPRoute[];
  readonly listenerSets: readonly ListenerSet[];
  /** The ports that HAProxy listens on. */
  readonly ports: { readonly http: number; readonly tls?: number };
  /** Host names of the platform's own certificate, which no ListenerSet may take. */
  readonly reservedHosts: readonly string[];
  namespaceLabels(namespace: string): Labels | undefined;
  /** Secrets of type `kubernetes.io/tls`. */
  tlsSecret(namespace: string, name: string): Secret | undefined;
  pair(secret: Secret): Pair;
  /** Why HAProxy does not take this certificate, where it has been asked and does not. */
  refusal(file: string): string | undefined;
}

export interface Problem {
  readonly reason: string;
  readonly message: string;
}

/** What is to be said of one listener. No problem of a kind: that condition is fine. */
export interface JudgedListener {
  readonly listener: ListenerSetListener;
  readonly conflict?: Problem;
  readonly accepted?: Problem;
  readonly resolvedRefs?: Problem;
  readonly programmed?: Problem;
  readonly supportsRoutes: boolean;
}

/** A ListenerSet that names one of our gateways. */
export interface JudgedSet {
  readonly set: ListenerSet;
  /** The gateway does not let it in: none of its listeners counts. */
  readonly refused?: Problem;
  readonly listeners: readonly JudgedListener[];
}

export interface JudgedListeners {
  readonly sets: readonly JudgedSet[];
  readonly certificates: readonly Certificate[];
  /** The files of all that HAProxy takes, was asked about, or is to be asked about. */
  readonly files: ReadonlySet<string>;
}

/**
 * Decides which listeners of which ListenerSets are served and with which certificates. Pure. A host name of a port is
 * the first one's: the gateway's own listeners come before all ListenerSets, the older set before the younger.
 */
export function judgeListeners(observed: ObservedListeners): JudgedListeners {
  const sets: JudgedSet[] = [];
  const certificates = new Map<string, Certificate>();
  const files = new Set<string>();
  const taken = new Set<string>();
  for (const gateway of observed.gateways)
    for (const listener of gateway.spec.listeners) taken.add(placeOf(listener.port, listener.hostname));
  if (observed.ports.tls !== undefined)
    for (const host of observed.reservedHosts) taken.add(placeOf(observed.ports.tls, host));
  const owners = ownersOf(observed);

  for (const set of [...observed.listenerSets].sort(byAge)) {
    const gateway = observed.gateways.find((candidate) => namesGateway(set.spec.parentRef, set, candidate));
    if (!gateway) continue;
    if (!letsIn(gateway, set, observed)) {
      const refused = {
        reason: 'NotAllowed',
        message: `allowedListeners of the Gateway ${gateway.metadata.name} does not let in this namespace.`,
      };
      sets.push({ set, refused, listeners: [] });
      continue;
    }
    const listeners = set.spec.listeners.map((listener): JudgedListener => {
      const refused = portProblem(listener, observed.ports) ?? hostProblem(listener);
      if (refused) return unserved(listener, { accepted: refused });
      const place = placeOf(listener.port, listener.hostname);
      const owner = owners.get(listener.hostname ?? '');
      const conflict = conflictOf(listener, observed.ports, taken.has(place), owner, set);
      if (conflict) return unserved(listener, { conflict, accepted: conflict });
      taken.add(place);
      const supportsRoutes = takesHttpRoutes(listener);
      const kinds = supportsRoutes
        ? undefined
        : { reason: 'InvalidRouteKinds', message: 'allowedRoutes names no kind that this gateway knows: HTTPRoute.' };
      if (listener.protocol === 'HTTP') return { listener, resolvedRefs: kinds, supportsRoutes };
      const { found, problem } = certificatesOf(observed, set, listener, files);
      for (const certificate of found) certificates.set(certificate.file, certificate);
      const programmed = found.length > 0 ? undefined : { reason: 'Invalid', message: problem?.message ?? '' };
      return { listener, resolvedRefs: problem ?? kinds, programmed, supportsRoutes };
    });
    sets.push({ set, listeners });
  }
  const byFile = (a: Certificate, b: Certificate) => (a.file < b.file ? -1 : 1);
  return { sets, certificates: [...certificates.values()].sort(byFile), files };
}

function placeOf(port: number, hostname = ''): string {
  return `${port} ${hostname}`;
}

function unserved(
  listener: ListenerSetListener,
  problems: Pick<JudgedListener, 'conflict' | 'accepted'>,
): JudgedListener {
  const { message = '', reason = 'Invalid' } = problems.accepted ?? {};
  const programmed = { reason: problems.conflict ? reason : 'Invalid', message };
  return { listener, ...problems, programmed, supportsRoutes: takesHttpRoutes(listener) };
}

function letsIn(gateway: Gateway, set: ListenerSet, observed: ObservedListeners): boolean {
  const { from = 'None', selector } = gateway.spec.allowedListeners?.namespaces ?? {};
  const namespace = set.metadata.namespace ?? '';
  switch (from) {
    case 'All':
      return true;
    case 'Same':
      return namespace === gateway.metadata.namespace;
    case 'Selector':
      return matchesLabelSelector(selector, observed.namespaceLabels(namespace));
    case 'None':
      return false;
  }
}

function portProblem(listener: ListenerSetListener, ports: ObservedListeners['ports']): Problem | undefined {
  const { protocol, port, tls } = listener;
  if (protocol !== 'HTTP' && protocol !== 'HTTPS')
    return { reason: 'UnsupportedProtocol', message: `The protocol ${protocol} is not served: HTTP and HTTPS are.` };
  if (port !== ports.http && port !== ports.tls) {
    const open = [ports.http, ports.tls].filter((known) => known !== undefined).join(' and ');
    return { reason: 'PortUnavailable', message: `The gateway does not listen on port ${port}, but on ${open}.` };
  }
  if (protocol === 'HTTPS' && tls?.mode === 'Passthrough')
    return { reason: 'UnsupportedProtocol', message: 'HTTPS ends at this gateway: tls.mode must be Terminate.' };
  return undefined;
}

/** The definition of the kind refuses such names already; they are words of HAProxy's files, so they are looked at twice. */
function hostProblem({ hostname }: ListenerSetListener): Problem | undefined {
  if (hostname === undefined || /^(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(hostname)) return undefined;
  return { reason: 'Invalid', message: 'The hostname is not a host name in lower case, and no wildcard of one.' };
}

function conflictOf(
  listener: ListenerSetListener,
  ports: ObservedListeners['ports'],
  isTaken: boolean,
  owner: HTTPRoute | undefined,
  set: ListenerSet,
): Problem | undefined {
  const { protocol, port, hostname } = listener;
  if ((protocol === 'HTTPS') !== (port === ports.tls))
    return {
      reason: 'ProtocolConflict',
      message: `Port ${port} of the gateway speaks ${protocol === 'HTTP' ? 'HTTPS' : 'HTTP'}.`,
    };
  if (isTaken)
    return {
      reason: 'HostnameConflict',
      message: `${hostname ?? 'Every host name'} on port ${port} belongs to a listener that was there before.`,
    };
  const isStrange =
    owner !== undefined &&
    owner.metadata.namespace !== set.metadata.namespace &&
    !owner.spec.parentRefs?.some((ref) => namesListenerSet(ref, owner, set));
  return isStrange
    ? { reason: 'HostnameConflict', message: `A route of another namespace answers for ${hostname}.` }
    : undefined;
}

/** Whose requests a host name gets: the oldest route that names it. Nobody else's certificate stands before them. */
function ownersOf({ routes, gateways, listenerSets }: ObservedListeners): ReadonlyMap<string, HTTPRoute> {
  const owners = new Map<string, HTTPRoute>();
  for (const route of [...routes].sort(byAge)) {
    const isOurs = route.spec.parentRefs?.some(
      (ref) =>
        gateways.some((gateway) => namesGateway(ref, route, gateway)) ||
        listenerSets.some((set) => namesListenerSet(ref, route, set)),
    );
    if (!isOurs) continue;
    for (const host of route.spec.hostnames ?? []) {
      const name = host.toLowerCase();
      if (!owners.has(name)) owners.set(name, route);
    }
  }
  return owners;
}

function takesHttpRoutes({ allowedRoutes }: ListenerSetListener): boolean {
  const kinds = allowedRoutes?.kinds ?? [];
  return (
    kinds.length === 0 ||
    kinds.some(({ group, kind }) => (group ?? gatewayGroup) === gatewayGroup && kind === 'HTTPRoute')
  );
}

/** Those that can be served, and the first of what is wrong with the others. */
function certificatesOf(
  observed: ObservedListeners,
  set: ListenerSet,
  { hostname = '', tls }: ListenerSetListener,
  files: Set<string>,
) {
  const found: Certificate[] = [];
  let problem: Problem | undefined;
  const own = set.metadata.namespace ?? '';
  const refs = tls?.certificateRefs ?? [];
  if (refs.length === 0) problem = { reason: 'InvalidCertificateRef', message: 'certificateRefs names no Secret.' };
  for (const { group = '', kind = 'Secret', name, namespace = own } of refs) {
    const refuse = (message: string, reason = 'InvalidCertificateRef') => {
      problem ??= { reason, message };
    };
    if (group !== '' || kind !== 'Secret') {
      refuse(`A certificateRef must name a Secret, not ${group}/${kind}.`);
      continue;
    }
    if (namespace !== own) {
      refuse(`The Secret ${name} is in another namespace than the ListenerSet.`, 'RefNotPermitted');
      continue;
    }
    const secret = observed.tlsSecret(namespace, name);
    if (!secret) {
      refuse(`There is no Secret ${name} of type kubernetes.io/tls in the namespace ${namespace}.`);
      continue;
    }
    const pair = observed.pair(secret);
    if ('problem' in pair) {
      refuse(`Secret ${name}: ${pair.problem}`);
      continue;
    }
    const file = `${createHash('sha256').update(`${hostname}\n${pair.pem}`).digest('hex').slice(0, 32)}.pem`;
    files.add(file);
    const refusal = observed.refusal(file);
    if (refusal === undefined) found.push({ file, host: hostname, pem: pair.pem });
    else refuse(`Secret ${name}: ${refusal}`);
  }
  return { found, problem };
}
