import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../../kinds/index.js';
import { type DnsData, type DnsReply, resolveName } from './records.js';

const services: Record<string, Service> = {
  'shop/web': {
    metadata: { name: 'web', namespace: 'shop' },
    spec: { clusterIP: '100.96.128.5', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  },
  'shop/db': {
    metadata: { name: 'db', namespace: 'shop' },
    spec: { clusterIP: 'None', ports: [{ name: 'pg', port: 5432 }] },
  },
  'shop/ext': {
    metadata: { name: 'ext', namespace: 'shop' },
    spec: { type: 'ExternalName', externalName: 'example.org' },
  },
};
const slice: EndpointSlice = {
  metadata: { name: 'db-1', namespace: 'shop' },
  addressType: 'IPv4',
  ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }],
  endpoints: [
    { addresses: ['100.96.0.2'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['100.96.0.3'], conditions: { ready: true } },
    { addresses: ['100.96.0.4'], conditions: { ready: false } },
  ],
};
const data: DnsData = {
  domain: 'cluster.local',
  findService: (namespace, name) => services[`${namespace}/${name}`],
  slicesOf: (_, name) => (name === 'db' ? [slice] : []),
  findByAddress: (ip) => (ip === '100.96.128.5' ? 'web.shop.svc.cluster.local' : undefined),
  hasNamespace: (name) => name === 'shop',
};

function text(reply: DnsReply): string {
  if (reply === 'forward') return 'forward';
  const answers = reply.answers.map((one) => {
    if (one.type === 'A') return one.address;
    return one.type === 'SRV' ? `${one.target}:${one.port}` : one.target;
  });
  return reply.code === 'NXDOMAIN' ? 'NXDOMAIN' : answers.join(' ');
}

describe('the names of the cluster', () => {
  it.each([
    ['web.shop.svc.cluster.local', 'A', '100.96.128.5'],
    ['WEB.Shop.svc.cluster.local', 'A', '100.96.128.5'],
    ['web.shop.svc.cluster.local', 'AAAA', ''],
    ['_http._tcp.web.shop.svc.cluster.local', 'SRV', 'web.shop.svc.cluster.local:80'],
    ['_http._udp.web.shop.svc.cluster.local', 'SRV', 'NXDOMAIN'],
    ['db.shop.svc.cluster.local', 'A', '100.96.0.2 100.96.0.3'],
    ['db-0.db.shop.svc.cluster.local', 'A', '100.96.0.2'],
    ['db-1.db.shop.svc.cluster.local', 'A', 'NXDOMAIN'],
    [
      '_pg._tcp.db.shop.svc.cluster.local',
      'SRV',
      'db-0.db.shop.svc.cluster.local:5432 100-96-0-3.db.shop.svc.cluster.local:5432',
    ],
    ['ext.shop.svc.cluster.local', 'A', 'example.org'],
    ['no.shop.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['100-96-0-2.shop.pod.cluster.local', 'A', '100.96.0.2'],
    ['100-96-0-2.other.pod.cluster.local', 'A', 'NXDOMAIN'],
    ['100-96-0-999.shop.pod.cluster.local', 'A', 'NXDOMAIN'],
    ['5.128.96.100.in-addr.arpa', 'PTR', 'web.shop.svc.cluster.local'],
    ['1.1.1.1.in-addr.arpa', 'PTR', 'forward'],
    ['example.org', 'A', 'forward'],
    ['notcluster.local', 'A', 'forward'],
  ])('%s %s → %s', (name, type, expected) => {
    expect(text(resolveName(name, type, data))).toBe(expected);
  });
});
