import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Pod, Service } from '../../kinds/index.js';
import type { Observed } from './observe.js';
import { plan } from './plan.js';

const service = (spec: Service['spec'] = {}): Service => ({
  metadata: { name: 'web', namespace: 'shop', uid: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec },
});
const pod = (name: string, change: { ready?: boolean; deleting?: boolean; ip?: string; port?: number } = {}): Pod => ({
  metadata: {
    name,
    namespace: 'shop',
    uid: name,
    ...(change.deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  },
  spec: { nodeName: 'a', containers: [{ name: 'web', ports: [{ name: 'http', containerPort: change.port ?? 8080 }] }] },
  status: {
    phase: 'Running',
    podIP: change.ip ?? '10.0.0.1',
    conditions: [{ type: 'Ready', status: change.ready === false ? 'False' : 'True' }],
  },
});
const observed = (self: Service, pods: Pod[], slices: EndpointSlice[] = []): Observed => ({
  service: self,
  pods,
  slices,
  endpoints: 'unsupported',
  zones: new Map([['a', 'zone-1']]),
});
const linesOf = (world: Observed) =>
  plan(world).actions.map((action) => {
    if (action.do === 'delete') return `delete ${action.name}`;
    if (action.do === 'mirror') return 'mirror';
    const ports = (action.slice.ports ?? []).map(({ port }) => port).join();
    const ends = (action.slice.endpoints ?? []).map(({ addresses, conditions }) => {
      const words = [
        conditions?.ready && 'ready',
        conditions?.serving && 'serving',
        conditions?.terminating && 'terminating',
      ];
      return [addresses[0], ...words].filter(Boolean).join(' ');
    });
    return `${action.do} :${ports} [${ends.join(', ')}]`;
  });

describe('the slices of a service', () => {
  const slicesOf = (world: Observed) =>
    plan(world).actions.flatMap((action) => (action.do === 'create' || action.do === 'update' ? [action.slice] : []));
  const applied = slicesOf(observed(service(), [pod('a')]));

  const cases: [string, Observed, string[]][] = [
    ['tell that nobody serves', observed(service(), []), ['create : []']],
    ['resolve named ports', observed(service(), [pod('a')]), ['create :8080 [10.0.0.1 ready serving]']],
    ['list what is not ready as such', observed(service(), [pod('a', { ready: false })]), ['create :8080 [10.0.0.1]']],
    [
      'show who is leaving',
      observed(service(), [pod('a', { deleting: true })]),
      ['create :8080 [10.0.0.1 serving terminating]'],
    ],
    [
      'publish what is not ready where asked',
      observed(service({ publishNotReadyAddresses: true }), [pod('a', { ready: false })]),
      ['create :8080 [10.0.0.1 ready]'],
    ],
    [
      'are one for each set of ports',
      observed(service(), [pod('a'), pod('b', { ip: '10.0.0.2', port: 9090 })]),
      ['create :8080 [10.0.0.1 ready serving]', 'create :9090 [10.0.0.2 ready serving]'],
    ],
    ['are left alone when they are right', observed(service(), [pod('a')], applied), []],
    [
      'follow a change',
      observed(service(), [pod('a', { ip: '10.0.0.9' })], applied),
      ['update :8080 [10.0.0.9 ready serving]'],
    ],
    ['are not made without a selector', observed(service({ selector: {} }), []), []],
    [
      'go when the selector goes',
      observed(service({ selector: {} }), [], applied),
      [`delete ${applied[0]?.metadata.name}`],
    ],
  ];
  it.each(cases)('%s', (_name, world, expected) => {
    expect(linesOf(world)).toEqual(expected);
  });

  it('hold at most a hundred endpoints each', () => {
    const pods = Array.from({ length: 250 }, (_, index) => pod(`p${index}`, { ip: `10.0.1.${index}` }));
    expect(slicesOf(observed(service(), pods)).map((slice) => slice.endpoints?.length)).toEqual([100, 100, 50]);
  });
});
