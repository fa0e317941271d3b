import type { HTTPRoute } from '@slipway/orchestrator/kinds';
import { describe, expect, it } from 'vitest';
import { isFollowed, leadsTo, withoutServices } from './experiment-traffic.js';

const ref = (name: string, weight: number) => ({ group: '', kind: 'Service', name, port: 80, weight });
const matched = { matches: [{ headers: [{ name: 'x-beta', value: '1' }] }], backendRefs: [ref('hello-slot-b', 1)] };
const rules = [
  matched,
  {
    backendRefs: [
      ref('hello-slot-a', 700),
      ref('hello-slot-b', 200),
      ref('hello-exp-old', 60),
      ref('hello-exp-new', 40),
    ],
  },
];
const route = (generation: number, ...seen: readonly number[]): HTTPRoute => ({
  metadata: { name: 'hello', generation },
  spec: { rules },
  status: {
    parents: seen.map((observedGeneration) => ({
      controllerName: 'a',
      parentRef: { name: 'slipway' },
      conditions: [
        {
          type: 'Accepted',
          status: 'True',
          reason: 'Accepted',
          message: '',
          lastTransitionTime: '',
          observedGeneration,
        },
      ],
    })),
  },
});

describe('when pods of an experiment go', () => {
  it('those who met them meet the stable release, and the candidate keeps what it has', () => {
    expect(withoutServices(rules, ['hello-exp-old', 'hello-exp-new'], 'hello-slot-a')).toEqual([
      matched,
      { backendRefs: [ref('hello-slot-a', 800), ref('hello-slot-b', 200)] },
    ]);
    expect(withoutServices(rules, ['hello-exp-old'], 'hello-slot-a')?.[1]?.backendRefs).toEqual([
      ref('hello-slot-a', 760),
      ref('hello-slot-b', 200),
      ref('hello-exp-new', 40),
    ]);
    expect(withoutServices(rules, ['another'], 'hello-slot-a')).toEqual(rules);
  });

  it('the route tells whether anybody met them', () => {
    expect(leadsTo(route(1), ['hello-exp-new', 'another'])).toBe(true);
    expect(leadsTo(route(1), ['another'])).toBe(false);
  });

  it.each<[string, readonly number[], boolean]>([
    ['that every gateway serves as it is', [3, 3], true],
    ['that one of them still serves as it was', [3, 2], false],
    ['of which no gateway says anything', [], true],
  ])('a route %s', (_, seen, wanted) => expect(isFollowed(route(3, ...seen))).toBe(wanted));
});
