import { describe, expect, it } from 'vitest';
import type { ReleaseInput } from '../applications/application-scopes.service.js';
import { diffObjects, slotAfter, standingObjects, timeSteps } from './rollout-plan.rules.js';
import type { Strategy } from './strategy.rules.js';

const input = (release: number, more: Partial<ReleaseInput> = {}): ReleaseInput => ({
  tenant: 'acme',
  project: 'shop',
  environment: 'production',
  application: 'hello',
  namespace: 'acme-shop-production',
  release,
  image: `hello@sha256:${release}`,
  processes: { web: {}, worker: { command: 'work' } },
  scaling: {},
  variables: {},
  secrets: { TOKEN: 'version 1' },
  ...more,
});
const hostnames = ['hello.apps.test'];
const canary: Strategy = { type: 'canary', steps: [{ setWeight: 5 }, { pause: { duration: '10m' } }, { pause: {} }] };

function diff(strategy: Strategy, after: ReleaseInput) {
  const stable = slotAfter(strategy, 'a', true);
  return diffObjects(
    standingObjects(input(1), { stable: 'a', hostnames }),
    standingObjects(after, { stable, hostnames }),
  );
}
const lines = (strategy: Strategy, after: ReleaseInput) =>
  diff(strategy, after).map(({ kind, name, action }) => `${action} ${kind}/${name}`);

describe('the objects of a plan', () => {
  it('are changed in place by a rolling update, with what changes in them', () => {
    expect(lines({ type: 'rolling' }, input(2))).toEqual([
      'create ConfigMap/hello-2',
      'create Secret/hello-2',
      'update Deployment/hello-web',
      'update Deployment/hello-worker',
    ]);
    const web = diff({ type: 'rolling' }, input(2)).find(({ name }) => name === 'hello-web');
    expect(web?.changes).toContainEqual({
      path: 'spec.template.spec.containers.0.image',
      before: 'hello@sha256:1',
      after: 'hello@sha256:2',
    });
  });

  it('stand in the other slot after a canary, where a worker changes in place', () => {
    expect(lines(canary, input(2))).toEqual([
      'create ConfigMap/hello-2',
      'create Secret/hello-2',
      'create Deployment/hello-web-slot-b',
      'update Deployment/hello-worker',
      'update Service/hello',
      'update HTTPRoute/hello',
      'delete Deployment/hello-web',
    ]);
  });

  it('go with the process that the release no longer has', () => {
    expect(lines({ type: 'rolling' }, input(2, { processes: { web: {} } }))).toContain(
      'delete Deployment/hello-worker',
    );
  });

  it('are none where nothing changes', () => expect(diff({ type: 'rolling' }, input(1))).toEqual([]));
});

it('the steps have their least times, and none where somebody is waited for', () => {
  expect(timeSteps(canary, ['web'], true)).toEqual([
    { name: 'prepare', seconds: 0 },
    { name: 'setWeight 5 %', seconds: 0 },
    { name: 'pause 600 s', seconds: 600 },
    { name: 'pause', seconds: null },
    { name: 'promote', seconds: 0 },
  ]);
  expect(timeSteps(canary, ['web'], false).map(({ name }) => name)).toEqual(['apply', 'process web']);
});
