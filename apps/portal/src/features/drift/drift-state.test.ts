import { describe, expect, test } from 'vitest';
import type { DriftItem } from '@/lib/contract';
import { groupByObject, isDone, isWrite, openOf, toKubernetesPath, toValueText } from './drift-state';

const item = (kind: DriftItem['kind'], name: string, path: string, more: Partial<DriftItem> = {}): DriftItem => ({
  kind,
  name,
  path,
  change: 'changed',
  wanted: 1,
  found: 2,
  isHidden: false,
  since: '2026-11-22T12:00:00Z',
  accepted: null,
  ...more,
});

describe('what was changed by hand', () => {
  test('is shown object by object, whatever stands between', () => {
    const items = [
      item('Deployment', 'web', 'spec.replicas'),
      item('Service', 'web', ''),
      item('Deployment', 'web', 'spec.paused'),
    ];
    const shown = groupByObject(items).map(({ kind, name, items: own }) => [kind, name, own.map(({ path }) => path)]);
    expect(shown).toEqual([
      ['Deployment', 'web', ['spec.replicas', 'spec.paused']],
      ['Service', 'web', ['']],
    ]);
    expect(groupByObject([])).toEqual([]);
  });

  test('is open until somebody accepts it', () => {
    const accepted = { by: 'dora', at: '2026-11-22T12:00:00Z', reason: 'a sale' };
    expect(openOf([item('Pod', 'a', ''), item('Pod', 'b', '', { accepted })]).map(({ name }) => name)).toEqual(['a']);
  });

  test.each([
    [null, undefined],
    [undefined, undefined],
    ['v1', 'v1'],
    [0, '0'],
    [false, 'false'],
    [['a'], '[\n  "a"\n]'],
  ])('%j is shown as %j', (value, text) => expect(toValueText(value)).toBe(text));
});

describe('the worker', () => {
  test.each([
    ['has looked once the time moved', 'look', 'b', 2, true],
    ['has not looked before', 'look', 'a', 0, false],
    ['has put back once nothing is open', 'heal', 'b', 0, true],
    ['has only looked by the clock while something is', 'heal', 'b', 1, false],
    ['has not put back what was open before', 'heal', 'a', 0, false],
  ] as const)('%s', (_, verb, lookedAt, open, done) =>
    expect(isDone({ verb, lookedAt: 'a' }, { lookedAt, open })).toBe(done),
  );
});

describe('who wrote an object', () => {
  test.each([
    ['Deployment', '/apis/apps/v1/namespaces/acme-shop/deployments/web'],
    ['Service', '/api/v1/namespaces/acme-shop/services/web'],
    ['HTTPRoute', '/apis/gateway.networking.k8s.io/v1/namespaces/acme-shop/httproutes/web'],
  ])('is looked for at the path of a %s', (kind, path) =>
    expect(toKubernetesPath('acme-shop', { kind, name: 'web' })).toBe(path),
  );

  test('is nobody who only read', () => {
    const actions = ['kubernetes.get', 'kubernetes.patch', 'kubernetes.delete', 'drift.heal'];
    expect(actions.filter((action) => isWrite({ action }))).toEqual(['kubernetes.patch', 'kubernetes.delete']);
  });
});
