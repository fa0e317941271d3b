import { expect, it } from 'vitest';
import type { KubeClient } from '../client/index.js';
import { discoverTypes } from './discovery.js';

const answers: Readonly<Record<string, [status: number, body: object]>> = {
  '/apis': [
    200,
    {
      groups: [
        { preferredVersion: { groupVersion: 'apps/v1' }, versions: [] },
        { preferredVersion: { groupVersion: 'away.example.com/v1' }, versions: [] },
      ],
    },
  ],
  '/api/v1': [
    200,
    {
      resources: [
        { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['list'] },
        { name: 'pods/log', kind: 'Pod' },
      ],
    },
  ],
  '/apis/apps/v1': [200, { resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: [] }] }],
  '/apis/away.example.com/v1': [503, { kind: 'Status', code: 503, message: 'service unavailable' }],
};

const clientOf = (all: typeof answers) =>
  ({
    request: async (_method: string, path: string) => {
      const [status, body] = all[path] ?? [404, {}];
      return new Response(JSON.stringify(body), { status });
    },
  }) as unknown as KubeClient;

it('finds what every group serves, without subresources', async () => {
  const groups = { groups: [{ versions: [{ groupVersion: 'apps/v1' }] }] };
  const types = await discoverTypes(clientOf({ ...answers, '/apis': [200, groups] }));
  expect(types.map((each) => `${each.group}/${each.version} ${each.kind}`)).toEqual(['/v1 Pod', 'apps/v1 Deployment']);
});

it('fails with a group, unless the caller can go on without it', async () => {
  await expect(discoverTypes(clientOf(answers))).rejects.toThrow('service unavailable');
  const lacking: string[] = [];
  const types = await discoverTypes(clientOf(answers), (group) => lacking.push(group));
  expect(types.map((each) => each.kind)).toEqual(['Pod', 'Deployment']);
  expect(lacking).toEqual(['away.example.com']);
});

it('fails without the core resources, whoever asks', async () => {
  await expect(
    discoverTypes(
      clientOf({ ...answers, '/api/v1': [500, { kind: 'Status', code: 500, message: 'broken' }] }),
      () => {},
    ),
  ).rejects.toThrow('broken');
});
