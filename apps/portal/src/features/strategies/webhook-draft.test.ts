import { describe, expect, test } from 'vitest';
import type { Strategy, StrategyWebhook } from '../../lib/contract';
import { newStep } from './step-draft';
import { isForForm, problemsOf, toDraft, toStrategy } from './strategy-draft';
import { hookTypes, newHook, problemsOfHooks, toHook, toHookDraft } from './webhook-draft';

const url = 'https://hooks.example.com/gate';
const hooks: readonly StrategyWebhook[] = [
  ...hookTypes.map((type): StrategyWebhook => ({ name: `of-${type}`, type, url })),
  {
    name: 'load',
    type: 'rollout',
    url,
    timeout: '5s',
    interval: 30,
    failureLimit: 2,
    metadata: { of: 'orders', a: '' },
  },
  { name: 'told', type: 'post-rollout', url, interval: 30, metadata: {} },
];
const strategies: readonly Strategy[] = [
  { type: 'canary', steps: [{ setWeight: 5 }] },
  { type: 'blueGreen' },
  { type: 'mirror', percentage: 20 },
  { type: 'abTest', match: [{ cookies: [{ name: 'beta', value: '1' }] }] },
];

describe('web hooks as they are edited', () => {
  test.each(strategies)('come out of the form as they went in: $type', (strategy) => {
    for (const webhooks of [[...hooks], []]) {
      const given: Strategy = { ...strategy, webhooks } as Strategy;
      expect(isForForm(given)).toBe(true);
      expect(toStrategy(toDraft(given))).toEqual(given);
      expect(problemsOf(toDraft(given))).toEqual({});
    }
    expect(toStrategy(toDraft(strategy))).toEqual(strategy);
  });

  test('are added, changed and taken away', () => {
    const draft = toDraft({ type: 'blueGreen' });
    const added = newHook('x', {
      name: 'gate',
      url: ` ${url} `,
      timeout: '5',
      metadata: [{ key: '0', name: 'a', value: 'b' }],
    });
    const gate = { name: 'gate', type: 'confirm-promotion', url, timeout: 5, metadata: { a: 'b' } };
    expect(toStrategy({ ...draft, webhooks: [added] })).toEqual({ type: 'blueGreen', webhooks: [gate] });
    const given = toDraft({ type: 'blueGreen', webhooks: [{ name: 'gate', type: 'confirm-promotion', url }] });
    expect(toStrategy({ ...given, webhooks: [] })).toEqual({ type: 'blueGreen' });
  });

  test('say nothing of what their type does not have', () => {
    const load = toHookDraft({ name: 'load', type: 'rollout', url, interval: 30, failureLimit: 2 }, '0');
    expect(toHook({ ...load, type: 'confirm-rollout' })).toEqual({
      name: 'load',
      type: 'confirm-rollout',
      url,
      interval: 30,
    });
    expect(toHook({ ...load, type: 'post-rollout' })).toEqual({ name: 'load', type: 'post-rollout', url });
  });

  test.each([
    [{ name: 'A' }, 'webhooks.0.name', 'name'],
    [{ url: '' }, 'webhooks.0.url', 'required'],
    [{ url: 'hooks.example.com' }, 'webhooks.0.url', 'url'],
    [{ url: 'ftp://hooks.example.com' }, 'webhooks.0.url', 'url'],
    [{ timeout: '31s' }, 'webhooks.0.timeout', 'timeout'],
    [{ timeout: '0' }, 'webhooks.0.timeout', 'timeout'],
    [{ interval: '2h' }, 'webhooks.0.interval', 'duration'],
    [{ interval: 'soon' }, 'webhooks.0.interval', 'duration'],
    [{ failureLimit: '-1' }, 'webhooks.0.failureLimit', 'whole'],
    [{ metadata: [{ key: '0', name: '', value: '1' }] }, 'webhooks.0.metadata.0', 'required'],
  ])('%o is told of at its field', (part, path, problem) => {
    const hook = newHook('0', { name: 'gate', type: 'rollout', url, ...part });
    expect(problemsOfHooks([hook], 'webhooks')).toEqual({ [path]: problem });
  });

  test('have each name once, and so have the entries of one', () => {
    const metadata = [
      { key: '0', name: 'a', value: '1' },
      { key: '1', name: 'a', value: '2' },
    ];
    const hook = newHook('0', { name: 'gate', url, metadata });
    expect(problemsOfHooks([hook, newHook('1', { name: 'gate', url })], 'webhooks')).toEqual({
      'webhooks.0.metadata.1': 'twice',
      'webhooks.1.name': 'twice',
    });
  });

  test('are no part of what changes pods in place', () => {
    const draft = {
      ...toDraft({ type: 'blueGreen', webhooks: [...hooks] }),
      type: 'rolling' as const,
      steps: [newStep('0')],
    };
    expect(toStrategy(draft)).toEqual({ type: 'rolling' });
    expect(problemsOf({ ...draft, webhooks: [newHook('0')] })).toEqual({});
  });
});
