import type { EndpointSlice, Service } from '../../kinds/index.js';

export interface DnsData {
  readonly domain: string;
  findService(namespace: string, name: string): Service | undefined;
  slicesOf(namespace: string, name: string): readonly EndpointSlice[];
  /** Services and pods' host names by address, for PTR. */
  findByAddress(ip: string): string | undefined;
  hasNamespace(name: string): boolean;
}

export type DnsRecord =
  | { readonly type: 'A'; readonly name: string; readonly address: string }
  | { readonly type: 'CNAME'; readonly name: string; readonly target: string }
  | { readonly type: 'PTR'; readonly name: string; readonly target: string }
  | { readonly type: 'SRV'; readonly name: string; readonly target: string; readonly port: number };

export type DnsReply =
  | {
      readonly code: 'NOERROR' | 'NXDOMAIN';
      readonly answers: readonly DnsRecord[];
      readonly additionals: readonly DnsRecord[];
    }
  /** Not a name of the cluster: ask the machine's resolvers. */
  | 'forward';

const nothing: Exclude<DnsReply, 'forward'> = { code: 'NXDOMAIN', answers: [], additionals: [] };
const empty: Exclude<DnsReply, 'forward'> = { code: 'NOERROR', answers: [], additionals: [] };

/**
 * Answers a question by the rules of Kubernetes' DNS specification 1.1. Pure.
 *
 * @param name without a final dot, any case
 * @param type `A`, `AAAA`, `SRV`, `PTR`, `ANY`, …
 */
export function resolveName(name: string, type: string, data: DnsData): DnsReply {
  const lower = name.toLowerCase();
  const reverse = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(lower);
  if (reverse) {
    const target = data.findByAddress(reverse.slice(1, 5).reverse().join('.'));
    if (target === undefined) return 'forward';
    return { ...empty, answers: [{ type: 'PTR', name, target }] };
  }
  if (lower !== data.domain && !lower.endsWith(`.${data.domain}`)) return 'forward';
  const labels =
    lower === data.domain
      ? []
      : lower
          .slice(0, -data.domain.length - 1)
          .split('.')
          .reverse();
  const [kind, namespace, service, ...rest] = labels;
  if (kind === undefined) return empty;
  if (kind === 'pod') return resolvePod(name, type, namespace, service, rest, data);
  if (kind !== 'svc') return nothing;
  if (namespace === undefined) return empty;
  if (service === undefined) return data.hasNamespace(namespace) ? empty : nothing;
  const found = data.findService(namespace, service);
  if (!found) return nothing;
  return resolveService(name, type, found, rest.reverse(), data);
}

/** `10-0-0-1.shop.pod.cluster.local` is an address spelt out. */
function resolvePod(
  name: string,
  type: string,
  namespace: string | undefined,
  dashed: string | undefined,
  rest: readonly string[],
  data: DnsData,
): DnsReply {
  if (namespace === undefined) return empty;
  if (!data.hasNamespace(namespace)) return nothing;
  if (dashed === undefined) return empty;
  const octets = dashed.split('-').map(Number);
  if (rest.length > 0 || octets.length !== 4 || octets.some((one) => !(one >= 0 && one < 256))) return nothing;
  return type === 'A' || type === 'ANY'
    ? { ...empty, answers: [{ type: 'A', name, address: octets.join('.') }] }
    : empty;
}

/** `prefix` is what stands before the Service's name, in reading order: `_http._tcp`, or a pod's host name. */
function resolveService(
  name: string,
  type: string,
  service: Service,
  prefix: readonly string[],
  data: DnsData,
): DnsReply {
  const { spec, metadata } = service;
  const wantsAddress = type === 'A' || type === 'ANY';
  const full = `${metadata.name}.${metadata.namespace}.svc.${data.domain}`;
  if (spec?.type === 'ExternalName') {
    if (prefix.length > 0 || spec.externalName === undefined) return nothing;
    return { ...empty, answers: [{ type: 'CNAME', name, target: spec.externalName.replace(/\.$/, '') }] };
  }
  const isHeadless = spec?.clusterIP === 'None';
  const targets: readonly Target[] = isHeadless
    ? headlessTargets(service, full, data)
    : [{ name: full, address: spec?.clusterIP ?? '', ports: (spec?.ports ?? []).map(toNamedPort) }];
  const [first = '', second = ''] = prefix;
  if (prefix.length === 0) {
    if (targets.length === 0) return nothing;
    return wantsAddress
      ? { ...empty, answers: uniqueAddresses(name, targets) }
      : type === 'SRV'
        ? srvOf(name, targets)
        : empty;
  }
  if (prefix.length === 2 && first.startsWith('_') && second.startsWith('_')) {
    const chosen = targets
      .map((one) => ({
        ...one,
        ports: one.ports.filter((port) => port.name === first.slice(1) && port.protocol === second.slice(1)),
      }))
      .filter((one) => one.ports.length > 0);
    if (chosen.length === 0) return nothing;
    return type === 'SRV' || type === 'ANY' ? srvOf(name, chosen) : empty;
  }
  if (prefix.length === 1 && isHeadless) {
    const own = targets.filter((one) => one.name === `${first}.${full}`);
    if (own.length === 0) return nothing;
    return wantsAddress ? { ...empty, answers: uniqueAddresses(name, own) } : type === 'SRV' ? srvOf(name, own) : empty;
  }
  return nothing;
}

interface NamedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

interface Target {
  readonly name: string;
  readonly address: string;
  readonly ports: readonly NamedPort[];
}

/** Each ready endpoint under its host name, or its address with dashes. */
function headlessTargets(service: Service, full: string, data: DnsData): Target[] {
  const { name = '', namespace = '' } = service.metadata;
  const targets: Target[] = [];
  for (const slice of data.slicesOf(namespace, name)) {
    if (slice.addressType !== 'IPv4') continue;
    const ports = (slice.ports ?? []).map((one) => toNamedPort({ ...one, port: one.port ?? 0 }));
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.conditions?.ready === false && !service.spec?.publishNotReadyAddresses) continue;
      for (const address of endpoint.addresses) {
        const host = endpoint.hostname ?? address.replaceAll('.', '-');
        targets.push({ name: `${host}.${full}`, address, ports });
      }
    }
  }
  return targets;
}

function toNamedPort(port: { readonly name?: string; readonly protocol?: string; readonly port: number }): NamedPort {
  return { name: port.name ?? '', protocol: (port.protocol ?? 'TCP').toLowerCase(), port: port.port };
}

function uniqueAddresses(name: string, targets: readonly Target[]): DnsRecord[] {
  const addresses = [...new Set(targets.map((one) => one.address))];
  return addresses.map((address) => ({ type: 'A', name, address }));
}

function srvOf(name: string, targets: readonly Target[]): DnsReply {
  const answers = targets.flatMap((one) =>
    one.ports.map((port): DnsRecord => ({ type: 'SRV', name, target: one.name, port: port.port })),
  );
  const additionals = targets.map((one): DnsRecord => ({ type: 'A', name: one.name, address: one.address }));
  return { code: 'NOERROR', answers, additionals };
}
