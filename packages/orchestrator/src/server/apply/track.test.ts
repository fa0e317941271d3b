import { describe, expect, it } from 'vitest';
import { Live, time } from './testing.js';

describe('trackChange', () => {
  it('gives the creator what the object holds, structs only through their fields', () => {
    const { owners } = new Live('Deployment').put('c', {
      metadata: { uid: 'u', generation: 1, labels: { app: 'x' } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'x' } },
        strategy: { rollingUpdate: { maxSurge: 1 } },
        template: { spec: { containers: [{ name: 'a', image: 'i', resources: {}, ports: [{ containerPort: 80 }] }] } },
      },
      status: { replicas: 3 },
    });
    expect(owners).toEqual([
      `c Update: .metadata.labels .metadata.labels.app .spec.replicas .spec.selector .spec.strategy.rollingUpdate ${[
        '.spec.strategy.rollingUpdate.maxSurge',
        '.spec.template.spec.containers[name="a"]',
        '.spec.template.spec.containers[name="a"].image',
        '.spec.template.spec.containers[name="a"].name',
        '.spec.template.spec.containers[name="a"].ports',
        '.spec.template.spec.containers[name="a"].resources',
        '.spec.template.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"]',
        '.spec.template.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"].containerPort',
      ].join(' ')}`,
    ]);
  });

  it('moves a changed field to who changed it, and forgets a removed one', () => {
    const live = new Live('ConfigMap').put('a', { data: { k: '1', l: '1' } }).put('b', { data: { k: '2' } });
    expect(live.owners).toEqual(['a Update: .data', 'b Update: .data.k']);
    expect(live.put('b', {}).owners).toEqual([]);
  });

  it('keeps entries and their times when nothing that is owned changes', () => {
    const live = new Live('ConfigMap').put('a', { data: { k: '1' } });
    const before = live.entries;
    expect(live.put('b', { metadata: { resourceVersion: '7', generation: 2 }, data: { k: '1' } }).entries).toEqual(
      before,
    );
    expect(before[0]?.time).toBe(time(1));
  });

  it('finds items by their keys wherever they stand', () => {
    const ports = [{ port: 80 }, { port: 443, protocol: 'TCP' }];
    const live = new Live('Service').put('a', { spec: { ports } });
    const moved = [{ port: 443, protocol: 'TCP', name: 'n' }, { port: 80 }];
    expect(live.put('b', { spec: { ports: moved } }).owners[1]).toBe(
      'b Update: .spec.ports[port=443,protocol="TCP"].name',
    );
  });

  it('owns items with the same keys as one', () => {
    const twice = { spec: { ports: [{ port: 80 }, { port: 80, name: 'n' }] } };
    const live = new Live('Service').put('a', { spec: { ports: [] } }).put('b', twice);
    expect(live.owners).toContain('b Update: .spec.ports[port=80,protocol="TCP"]');
  });

  it('keeps the parts that an endpoint cannot write out of its entries', () => {
    const live = new Live('Deployment').put('a', { spec: { replicas: 1 }, status: { replicas: 1 } });
    expect(live.owners).toEqual(['a Update: .spec.replicas']);
    live.put('c', { spec: { replicas: 9 }, status: { replicas: 2 } }, 'status');
    expect(live.owners).toEqual(['a Update: .spec.replicas', 'c Update status: .status.replicas']);
  });

  it('tells the same manager apart by subresource and version', () => {
    const live = new Live('Deployment')
      .put('a', { spec: { replicas: 1 } })
      .put('a', { spec: { replicas: 2 } }, 'scale');
    expect(live.owners).toEqual(['a Update scale: .spec.replicas']);
  });

  it('keeps entries of other versions as they are, but for what changed', () => {
    const live = new Live('Widget').put('a', { spec: { size: 1, limits: { cpu: 1 } } });
    for (const entry of live.entries) entry.apiVersion = 'example.org/v1beta1';
    live.put('a', { spec: { size: 2, limits: { cpu: 1 } } });
    expect(live.entries.map(({ apiVersion, fieldsV1 }) => [apiVersion, fieldsV1])).toEqual([
      ['example.org/v1beta1', { 'f:spec': { '.': {}, 'f:limits': { '.': {}, 'f:cpu': {} } } }],
      ['example.org/v1', { 'f:spec': { 'f:size': {} } }],
    ]);
  });

  it('puts the oldest of more than ten updaters together', () => {
    const live = new Live('ConfigMap');
    const data: Record<string, string> = {};
    for (let index = 0; index < 13; index++) {
      data[`k${String(index).padStart(2, '0')}`] = '1';
      live.put(`m${index}`, { data });
    }
    expect(live.owners).toHaveLength(10);
    expect(live.owners[0]).toBe('ancient-changes Update: .data .data.k00 .data.k01 .data.k02 .data.k03');
    expect(live.entries[0]?.time).toBe(time(4));
    expect(live.owners[9]).toBe('m12 Update: .data.k12');
  });

  it.each([[[]], [[{}]]])('forgets everybody when a client sends %j', (managedFields) => {
    const live = new Live('ConfigMap').put('a', { data: { k: '1' } });
    expect(live.put('b', { metadata: { managedFields }, data: { k: '2' } }).owners).toEqual([]);
    expect(live.put('b', { data: { k: '3' } }).owners).toEqual([]);
  });

  it('takes the entries that a client sends', () => {
    const live = new Live('ConfigMap').put('a', { data: { k: '1' } });
    const sent = [{ ...live.entries[0], manager: 'z', operation: 'Apply' }];
    expect(live.put('b', { metadata: { managedFields: sent }, data: { k: '1' } }).owners).toEqual([
      'z Apply: .data .data.k',
    ]);
  });

  it.each([
    ['an operation that is none', { operation: 'Guess' }],
    ['no version', { apiVersion: '' }],
    ['another form of fields', { fieldsType: 'FieldsV2' }],
    ['fields that are none', { fieldsV1: { spec: {} } }],
  ])('keeps the old entries when a client sends %s', (_, wrong) => {
    const live = new Live('ConfigMap').put('a', { data: { k: '1' } });
    const before = live.entries;
    live.put('b', { metadata: { managedFields: [{ ...before[0], ...wrong }] }, data: { k: '1' } });
    expect(live.entries).toEqual(before);
  });

  it('takes names of the language for what they are', () => {
    const live = new Live('ConfigMap').put('a', { data: { constructor: '1', toString: '1' } });
    expect(live.owners).toEqual(['a Update: .data .data.constructor .data.toString']);
    expect(live.put('b', { data: { constructor: '1', toString: '1', valueOf: '2' } }).owners[1]).toBe(
      'b Update: .data.valueOf',
    );
  });
});
