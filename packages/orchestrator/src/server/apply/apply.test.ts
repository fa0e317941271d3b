import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kinds/index.js';
import { applyScale } from './index.js';
import { type Kind, kinds, Live, refusal, time } from './testing.js';

describe('applyTo', () => {
  it.each<[string, Kind, JsonObject, JsonObject, JsonObject]>([
    ['adds to a map', 'ConfigMap', { data: { a: '1' } }, { data: { b: '2' } }, { data: { a: '1', b: '2' } }],
    [
      'replaces an atomic list',
      'Widget',
      { spec: { steps: [{ run: 'a' }] } },
      { spec: { steps: [{ run: 'b' }] } },
      { spec: { steps: [{ run: 'b' }] } },
    ],
    [
      'replaces an atomic map',
      'Widget',
      { spec: { box: { width: 1 } } },
      { spec: { box: { height: 2 } } },
      { spec: { box: { height: 2 } } },
    ],
    [
      'adds to a set',
      'Widget',
      { spec: { tags: ['a', 'b'] } },
      { spec: { tags: ['c', 'a'] } },
      { spec: { tags: ['c', 'a', 'b'] } },
    ],
    [
      'merges items by their keys, defaulted ones too',
      'Widget',
      {
        spec: {
          parts: [
            { name: 'p', zone: 'a', count: 1 },
            { name: 'p', zone: 'b' },
          ],
        },
      },
      { spec: { parts: [{ name: 'p', count: 2 }] } },
      {
        spec: {
          parts: [
            { name: 'p', zone: 'a', count: 2 },
            { name: 'p', zone: 'b' },
          ],
        },
      },
    ],
    [
      'descends into content without a schema',
      'Widget',
      { spec: { free: { a: { b: 1 } } } },
      { spec: { free: { a: { c: 2 } } } },
      { spec: { free: { a: { b: 1, c: 2 } } } },
    ],
    [
      'replaces a list without a schema',
      'Widget',
      { spec: { free: { a: [1] } } },
      { spec: { free: { a: [2] } } },
      { spec: { free: { a: [2] } } },
    ],
    [
      'puts a scalar in the place of another form',
      'Widget',
      { spec: { either: 1 } },
      { spec: { either: '50%' } },
      { spec: { either: '50%' } },
    ],
  ])('%s', (_, kind, before, applied, after) => {
    const live = new Live(kind).put('u', before).apply('a', applied, { force: true });
    expect(live.content).toEqual(after);
  });

  it('owns fields that are stated, entries and items of their own, not the structs around them', () => {
    const live = new Live('Widget').apply('a', {
      metadata: { labels: { l: '1' } },
      spec: {
        size: 1,
        tags: ['x'],
        parts: [{ name: 'p' }],
        steps: [],
        box: { width: 1 },
        limits: {},
        free: { a: { b: 1 } },
      },
      status: { ready: true },
    });
    expect(live.owners[0]?.split(' ').slice(2)).toEqual([
      '.metadata.labels.l',
      '.spec.box',
      '.spec.limits',
      '.spec.size',
      '.spec.steps',
      '.spec.free.a',
      '.spec.free.a.b',
      '.spec.parts[name="p",zone="a"]',
      '.spec.parts[name="p",zone="a"].name',
      '.spec.tags[="x"]',
    ]);
  });

  it('shares a field between those that apply the same value', () => {
    const live = new Live('ConfigMap').apply('a', { data: { k: '1' } }).apply('b', { data: { k: '1' } });
    expect([...live.owners].sort()).toEqual(['a Apply: .data.k', 'b Apply: .data.k']);
    live.apply('a', {});
    expect(live.content).toEqual({ data: { k: '1' } });
    expect(live.owners).toEqual(['b Apply: .data.k']);
    expect(live.apply('b', {}).content.data).toBeUndefined();
    expect(live.owners).toEqual([]);
  });

  it('removes an item that was its own, and of one that another applies too only its own fields', () => {
    const parts = [
      { name: 'p', count: 1 },
      { name: 'q', count: 1 },
    ];
    const live = new Live('Widget').apply('a', { spec: { parts } }).apply('b', { spec: { parts: [{ name: 'q' }] } });
    live.apply('a', { spec: { size: 1 } });
    expect(live.content).toEqual({ spec: { parts: [{ name: 'q' }], size: 1 } });
  });

  it('does not remove what it has lost to an update', () => {
    const live = new Live('ConfigMap')
      .apply('a', { data: { k: '1' } })
      .put('u', { data: { k: '2' } })
      .apply('a', {});
    expect(live.content).toEqual({ data: { k: '2' } });
  });

  it('conflicts with every owner of a field that it would change, by the name of each', () => {
    const live = new Live('Deployment')
      .put('u', { spec: { replicas: 1, paused: true } })
      .apply('b', { spec: { minReadySeconds: 1 } });
    const error = refusal(() => live.apply('a', { spec: { replicas: 2, paused: false, minReadySeconds: 2 } }));
    expect([error.code, error.reason]).toEqual([409, 'Conflict']);
    expect(error.message).toBe(
      [
        'Apply failed with 3 conflicts: conflicts with "b":',
        '- .spec.minReadySeconds',
        'conflicts with "u" using apps/v1:',
        '- .spec.paused',
        '- .spec.replicas',
      ].join('\n'),
    );
    expect(error.details).toEqual({
      causes: [
        { reason: 'FieldManagerConflict', message: 'conflict with "b"', field: '.spec.minReadySeconds' },
        { reason: 'FieldManagerConflict', message: 'conflict with "u" using apps/v1', field: '.spec.paused' },
        { reason: 'FieldManagerConflict', message: 'conflict with "u" using apps/v1', field: '.spec.replicas' },
      ],
    });
  });

  it('names one conflict in one line, and the subresource it came through', () => {
    const live = new Live('Deployment').put('kubectl', { spec: { replicas: 1 } }, 'scale');
    expect(refusal(() => live.apply('a', { spec: { replicas: 2 } })).message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas',
    );
  });

  it('takes conflicting fields over by force', () => {
    const live = new Live('ConfigMap').apply('b', { data: { k: '1', l: '1' } });
    live.apply('a', { data: { k: '2' } }, { force: true });
    expect(live.owners).toEqual(['b Apply: .data.l', 'a Apply: .data.k']);
    expect(refusal(() => live.apply('b', { data: { k: '1' } })).code).toBe(409);
  });

  it('holds the fields of an object that nobody was noted of for others', () => {
    const live = new Live('ConfigMap');
    live.object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', uid: 'u' }, data: { k: '1', l: '1' } };
    expect(refusal(() => live.apply('a', { data: { k: '2' } })).message).toContain(
      'conflict with "before-first-apply" using v1: .data.k',
    );
    live.apply('a', { data: { k: '1' } });
    expect([...live.owners].sort()).toEqual(['a Apply: .data.k', 'before-first-apply Update: .data .data.k .data.l']);
  });

  it('lets the command line take over what it has applied from the client, where that is still so', () => {
    const name = 'kubectl.kubernetes.io/last-applied-configuration';
    const stated = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { k: '1', l: '1' } };
    const annotations = { [name]: JSON.stringify(stated) };
    const live = new Live('ConfigMap').put('kubectl-client-side-apply', {
      metadata: { annotations },
      data: { k: '1', l: '2' },
    });
    expect(refusal(() => live.apply('kubectl', { data: { k: '2', l: '3' } })).message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.l',
    );
    expect(refusal(() => live.apply('other', { data: { k: '2' } })).code).toBe(409);
    live.apply('kubectl', { data: { k: '2' } });
    expect(live.content).toEqual({ data: { k: '2', l: '2' } });
    const metadata = live.object?.metadata as { annotations: Record<string, string> };
    expect(metadata.annotations[name]).toBe(
      '{"apiVersion":"v1","data":{"k":"2"},"kind":"ConfigMap","metadata":{"name":"x"}}\n',
    );
  });

  it('leaves the time when nothing changes, and gives none to who merely joins in', () => {
    const live = new Live('ConfigMap').apply('a', { data: { k: '1' } });
    expect(live.apply('a', { data: { k: '1' } }).entries.map((entry) => entry.time)).toEqual([time(1)]);
    live.apply('b', { data: { k: '1' } });
    expect(live.entries.map(({ manager, time: at }) => [manager, at])).toEqual([
      ['b', undefined],
      ['a', time(1)],
    ]);
  });

  it('writes the status through its subresource only, and nothing else there', () => {
    const both = { metadata: { labels: { l: '1' } }, spec: { size: 1 }, status: { ready: true } };
    const live = new Live('Widget').apply('a', both).apply('s', both, { subresource: 'status', force: true });
    expect([...live.owners].sort()).toEqual([
      'a Apply: .metadata.labels.l .spec.size',
      's Apply status: .status.ready',
    ]);
  });

  it('applies to the scale of an object', () => {
    const live = new Live('Deployment').apply('a', { spec: { replicas: 1, paused: true } });
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'x' }, spec: { replicas: 3 } };
    const stamp = { manager: 's', apiVersion: 'apps/v1', time: time(9) };
    const act = (isForced: boolean) => applyScale(kinds.Deployment, live.object ?? {}, scale, { ...stamp, isForced });
    expect(refusal(() => act(false)).message).toContain('conflict with "a": .spec.replicas');
    live.object = act(true);
    expect(live.content).toEqual({ spec: { replicas: 3, paused: true } });
    expect(live.owners).toEqual(['a Apply: .spec.paused', 's Apply scale: .spec.replicas']);
  });

  it('a null is owned, and is nothing in a built-in type', () => {
    const live = new Live('Deployment').apply('a', { spec: { replicas: null, paused: true } });
    expect(live.content).toEqual({ spec: { paused: true } });
    expect(live.owners).toEqual(['a Apply: .spec.paused .spec.replicas']);
  });

  it('owns as one what its schema has made atomic since', () => {
    const live = new Live('Widget').apply('a', { spec: { box: { width: 1 } } });
    live.entries[0] = { ...live.entries[0], fieldsV1: { 'f:spec': { 'f:box': { 'f:width': {} } } } };
    expect(live.put('u', { spec: { box: { width: 1 }, size: 1 } }).owners).toEqual([
      'a Apply: .spec.box',
      'u Update: .spec.size',
    ]);
  });

  it.each<[string, Kind, JsonObject, number, string]>([
    [
      'entries of its own',
      'ConfigMap',
      { metadata: { managedFields: [{ manager: 'a' }] } },
      400,
      'metadata.managedFields must be nil',
    ],
    ['another type', 'ConfigMap', { kind: 'Secret' }, 400, 'invalid object type: /v1, Kind=Secret'],
    [
      'an unknown field',
      'Deployment',
      { metadata: { namespace: 'n' }, spec: { wrong: 1 } },
      500,
      'failed to create typed patch object (n/x; apps/v1, Kind=Deployment): .spec.wrong: field not declared in schema',
    ],
    [
      'two items with the same keys',
      'Pod',
      { spec: { containers: [{ name: 'c' }, { name: 'c' }] } },
      500,
      'failed to create typed patch object (/x; /v1, Kind=Pod): .spec.containers: duplicate entries for key [name="c"]',
    ],
    [
      'a set with an item twice',
      'Widget',
      { spec: { tags: ['a', 'a'] } },
      500,
      '.spec.tags: duplicate entries for key [="a"]',
    ],
    [
      'a value of another type',
      'Widget',
      { spec: { size: 'x' } },
      500,
      '.spec.size: expected numeric (int or float), got string',
    ],
    [
      'several problems',
      'Widget',
      { spec: { limits: 1, tags: {} } },
      500,
      'errors:\n  .spec.limits: expected map, got &{1}\n  .spec.tags: expected list, got &{map[]}',
    ],
    [
      'an item without keys',
      'Widget',
      { spec: { parts: [null] } },
      500,
      '.spec.parts: element 0: associative list with keys may not have a null element',
    ],
  ])('refuses %s', (_, kind, content, code, message) => {
    const error = refusal(() => new Live(kind).apply('a', content));
    expect(error.message).toContain(message);
    expect(error.code).toBe(code);
  });
});
