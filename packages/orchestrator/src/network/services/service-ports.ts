import type { EndpointSlice, Service } from '../../kinds/index.js';
import { contains } from '../cidr.js';
import type { ServicePort } from './ruleset.js';

export const serviceNameLabel = 'kubernetes.io/service-name';

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/**
 * The addresses that serve one named port of a Service: ready ones; where none is ready, those that still serve while
 * they terminate.
 */
export function endpointsOf(slices: readonly EndpointSlice[], portName: string | undefined): Endpoint[] {
  const ready: Endpoint[] = [];
  const terminating: Endpoint[] = [];
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    const port = slice.ports?.find((one) => (one.name ?? '') === (portName ?? ''))?.port;
    if (port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const conditions = endpoint.conditions ?? {};
      const list =
        conditions.ready !== false ? ready : conditions.serving && conditions.terminating ? terminating : undefined;
      list?.push(...endpoint.addresses.map((ip) => ({ ip, port })));
    }
  }
  const chosen = ready.length > 0 ? ready : terminating;
  const unique = new Map(chosen.map((one) => [`${one.ip}:${one.port}`, one]));
  return [...unique.values()].sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : a.port - b.port));
}

/** The ports that address translation serves: those of Services with an address of the range or a NodePort. */
export function toServicePorts(
  services: readonly Service[],
  slicesOf: (service: Service) => readonly EndpointSlice[],
  serviceCidr: string,
): ServicePort[] {
  const ports: ServicePort[] = [];
  for (const service of services) {
    const { spec, metadata } = service;
    if (!spec || spec.type === 'ExternalName' || spec.clusterIP === 'None') continue;
    const addresses = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
    const clusterIps = addresses.filter((one) => !one.includes(':') && contains(serviceCidr, one));
    const slices = slicesOf(service);
    for (const port of spec.ports ?? []) {
      const protocol = (port.protocol ?? 'TCP').toLowerCase();
      if (protocol !== 'tcp' && protocol !== 'udp') continue;
      ports.push({
        name: `${metadata.namespace}/${metadata.name}:${port.name ?? port.port}`,
        clusterIps,
        protocol,
        port: port.port,
        ...(port.nodePort && { nodePort: port.nodePort }),
        sticky: spec.sessionAffinity === 'ClientIP',
        endpoints: endpointsOf(slices, port.name),
      });
    }
  }
  return ports.sort((a, b) => (a.name < b.name ? -1 : 1));
}
