import { expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../../kinds/index.js';
import { type RulesetOptions, type ServicePort, toRuleset } from './ruleset.js';
import { endpointsOf, toServicePorts } from './service-ports.js';

const options: RulesetOptions = {
  table: 'slipway_t',
  bridge: 'slwt',
  bridgeMac: '02:00:00:00:00:01',
  podCidr: '100.96.0.0/17',
  serviceCidr: '100.96.128.0/17',
  nodePortAddress: '127.0.0.1',
  hasBridgeFamily: true,
};
const port: ServicePort = {
  name: 'shop/web:http',
  clusterIps: ['100.96.128.5'],
  protocol: 'tcp',
  port: 80,
  nodePort: 30080,
  sticky: false,
  endpoints: [
    { ip: '100.96.0.2', port: 8080 },
    { ip: '100.96.0.3', port: 8080 },
  ],
};

it('leads an address and a node port to the endpoints at random', () => {
  const rules = toRuleset([port], options);
  expect(rules).toContain('100.96.128.5 . tcp . 80 : goto svc-0');
  expect(rules).toContain('tcp . 30080 : goto svc-0');
  expect(rules).toContain('dnat ip to numgen random mod 2 map { 0 : 100.96.0.2 . 8080, 1 : 100.96.0.3 . 8080 }');
});

it('chooses by the source where clients stick', () => {
  expect(toRuleset([{ ...port, sticky: true }], options)).toContain('jhash ip saddr mod 2');
});

it('refuses what has no endpoint', () => {
  const rules = toRuleset([{ ...port, endpoints: [] }], options);
  expect(rules).not.toContain('goto svc-0');
  expect(rules).toContain('ip daddr 100.96.128.0/17 jump refuse');
  expect(rules).toContain('elements = { tcp . 30080 }');
});

it('replaces its own tables only, and in one go', () => {
  const rules = toRuleset([port], options);
  expect(rules.match(/^(add|delete) table .*$/gm)).toEqual([
    'add table ip slipway_t',
    'delete table ip slipway_t',
    'add table bridge slipway_t',
    'delete table bridge slipway_t',
  ]);
});

it('masquerades between pods where bridged frames cannot be turned', () => {
  const rules = toRuleset([port], { ...options, hasBridgeFamily: false });
  expect(rules).not.toContain('table bridge');
  expect(rules).toContain('ct status dnat masquerade');
});

const slice = (conditions: object[]): EndpointSlice => ({
  metadata: { name: 'web-1', namespace: 'shop' },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: conditions.map((one, index) => ({ addresses: [`100.96.0.${index + 2}`], conditions: one })),
});

it('takes ready endpoints, and serving ones that terminate only when none is ready', () => {
  const leaving = { ready: false, serving: true, terminating: true };
  expect(endpointsOf([slice([{ ready: true }, leaving, { ready: false }])], 'http')).toEqual([
    { ip: '100.96.0.2', port: 8080 },
  ]);
  expect(endpointsOf([slice([leaving, { ready: false }])], 'http')).toEqual([{ ip: '100.96.0.2', port: 8080 }]);
  expect(endpointsOf([slice([{ ready: true }])], 'other')).toEqual([]);
});

it('leaves out headless Services, aliases and foreign addresses', () => {
  const service = (spec: Service['spec']): Service => ({ metadata: { name: 'web', namespace: 'shop' }, spec });
  const ports = [{ name: 'http', port: 80 }];
  const list = [
    service({ clusterIP: 'None', ports }),
    service({ type: 'ExternalName', externalName: 'x', ports }),
    service({ clusterIP: '10.0.0.1', ports }),
    service({ clusterIP: '100.96.128.5', ports }),
  ];
  const found = toServicePorts(list, () => [slice([{ ready: true }])], options.serviceCidr);
  expect(found.flatMap((one) => one.clusterIps)).toEqual(['100.96.128.5']);
});
