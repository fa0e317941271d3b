import { isIPv4 } from 'node:net';
import {
  arrayAt,
  type JsonObject,
  type KindDefinition,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
} from '../kinds/index.js';
import type { Change, Store } from '../store/index.js';
import type { AdmissionPlugin, AdmissionRequest } from './admission/admission.js';
import { invalid } from './api-error.js';

const addressKey = 'internal/clusterips';
const portKey = 'internal/nodeports';
const firstNodePort = 30_000;
const lastNodePort = 32_767;

export function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

export function parseCidr(cidr: string): { first: number; size: number } {
  const [base = '', bits = ''] = cidr.split('/');
  if (!isIPv4(base) || !/^\d+$/.test(bits) || Number(bits) > 30)
    throw new Error(`${cidr} is not an IPv4 range such as 100.64.128.0/17`);
  const size = 2 ** (32 - Number(bits));
  return { first: Math.floor(toNumber(base) / size) * size, size };
}

/** The address of the service `kubernetes`: the first of the range. */
export function firstServiceAddress(cidr: string): string {
  return toAddress(parseCidr(cidr).first + 1);
}

/**
 * Cluster IPs and node ports. Each one that is in use is a row of its own in the store, written in the same commit as its
 * Service, so that no two Services ever hold the same one.
 */
export function serviceAllocator(store: Store, cidr: string): AdmissionPlugin {
  const range = parseCidr(cidr);
  let nextPort = firstNodePort + Math.floor(Math.random() * (lastNodePort - firstNodePort));
  let nextAddress = range.first + 16 + Math.floor(Math.random() * (range.size - 32));

  const isTaken = (resource: string, name: string) => store.get(resource, '', name) !== undefined;
  const freeAddress = (): string => {
    for (let tried = 0; tried < range.size; tried++) {
      nextAddress = nextAddress + 1 >= range.first + range.size - 1 ? range.first + 16 : nextAddress + 1;
      const address = toAddress(nextAddress);
      if (!isTaken(addressKey, address)) return address;
    }
    throw new Error(`no address is left in ${cidr}: make SLIPWAY_SERVICE_CIDR larger`);
  };
  const freePort = (): number => {
    for (let tried = firstNodePort; tried <= lastNodePort; tried++) {
      nextPort = nextPort >= lastNodePort ? firstNodePort : nextPort + 1;
      if (!isTaken(portKey, String(nextPort))) return nextPort;
    }
    throw new Error('no node port is left: remove Services of type NodePort or LoadBalancer');
  };

  const reserve = ({ kind, object: draft, old }: AdmissionRequest): Change[] => {
    if (draft) fillIn(objectAt(draft, 'spec'));
    const owner = stringAt(objectAt(draft ?? old, 'metadata'), 'namespace');
    const name = stringAt(objectAt(draft ?? old, 'metadata'), 'name');
    const had = heldBy(old);
    const wants = heldBy(draft);
    const taken = [...wants].filter((each) => !had.has(each));
    const given = [...had].filter((each) => !wants.has(each));
    for (const each of taken) refuseIfImpossible(kind, name, each);
    return [...taken.map((each) => claim(each, owner, name)), ...given.flatMap(release)];
  };
  const handles: AdmissionPlugin['handles'] = ({ type }) => type.plural === 'services' && type.group === '';
  return { name: 'ServiceAddresses', handles, reserve };

  function fillIn(spec: JsonObject): void {
    const type = stringAt(spec, 'type') || 'ClusterIP';
    if (type === 'ExternalName') {
      for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
        delete spec[field];
      return;
    }
    if (stringAt(spec, 'clusterIP') === '')
      spec.clusterIP = stringAt({ ip: arrayAt(spec, 'clusterIPs')[0] }, 'ip') || freeAddress();
    spec.clusterIPs = [stringAt(spec, 'clusterIP')];
    const usesPorts = type === 'NodePort' || (type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
    for (const port of objectsAt(spec, 'ports')) {
      if (usesPorts) port.nodePort = numberAt(port, 'nodePort') || freePort();
      else if (type === 'ClusterIP') delete port.nodePort;
    }
  }

  function heldBy(service: JsonObject | undefined): Set<string> {
    const spec = objectAt(service, 'spec');
    const address = stringAt(spec, 'clusterIP');
    const ports = objectsAt(spec, 'ports').flatMap((each) => numberAt(each, 'nodePort') ?? []);
    return new Set([
      ...(address === '' || address === 'None' ? [] : [`${addressKey} ${address}`]),
      ...ports.map((port) => `${portKey} ${port}`),
    ]);
  }

  function refuseIfImpossible(kind: KindDefinition, name: string, held: string): void {
    const [resource = '', value = ''] = held.split(' ');
    const refuse = (field: string, detail: string) => {
      const message = `Invalid value: ${resource === portKey ? value : JSON.stringify(value)}: ${detail}`;
      throw invalid(kind, name, [{ field, reason: 'FieldValueInvalid', message }]);
    };
    if (resource === portKey) {
      if (Number(value) < firstNodePort || Number(value) > lastNodePort)
        refuse(
          'spec.ports[0].nodePort',
          `provided port is not in the valid range. The range of valid ports is ${firstNodePort}-${lastNodePort}`,
        );
      if (isTaken(portKey, value)) refuse('spec.ports[0].nodePort', 'provided port is already allocated');
      return;
    }
    const offset = isIPv4(value) ? toNumber(value) - range.first : -1;
    if (offset < 1 || offset >= range.size - 1)
      refuse(
        'spec.clusterIPs',
        `failed to allocate IP ${value}: the provided IP (${value}) is not in the valid range. The range of valid IPs is ${cidr}`,
      );
    if (isTaken(addressKey, value))
      refuse('spec.clusterIPs', `failed to allocate IP ${value}: provided IP is already allocated`);
  }

  function claim(held: string, namespace: string, name: string): Change {
    const [resource = '', value = ''] = held.split(' ');
    return { resource, namespace: '', name: value, expect: 0, value: { metadata: { name, namespace } } };
  }

  function release(held: string): Change[] {
    const [resource = '', value = ''] = held.split(' ');
    const row = store.get(resource, '', value);
    if (!row) return [];
    return [
      {
        resource,
        namespace: '',
        name: value,
        expect: row.revision,
        value: { metadata: { ...row.value.metadata } },
        remove: true,
      },
    ];
  }
}
