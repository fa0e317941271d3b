import type { KubeClient } from '@slipway/orchestrator/client';
import { describe, expect, it } from 'vitest';
import type { ClustersService } from '../../clusters/clusters.service.js';
import { TemplateProbes } from './template-probe.service.js';

const door = { cluster: 'local', namespace: 'acme-shop-production', service: 'hello-exp-canary', path: '/healthz?a=1' };
const probe = { url: 'http://$templates.canary/healthz?a=1' };

/** Asks a cluster that answers so; gives what came of it and what the cluster was asked for. */
async function ask(answer: () => Promise<Response>, given = door, more: object = {}) {
  const asked: string[] = [];
  const request: KubeClient['request'] = async (method, path) => {
    asked.push(`${method} ${path}`);
    return answer();
  };
  const use = async (_: string, work: (client: Pick<KubeClient, 'request'>) => unknown) => work({ request });
  const probes = new TemplateProbes({ use } as unknown as ClustersService);
  return { outcome: await probes.take(given, { ...probe, ...more }, new AbortController().signal), asked };
}

describe("a template's Service", () => {
  it('is asked through the cluster, and its JSON is the result', async () => {
    const { outcome, asked } = await ask(async () => Response.json({ data: { rate: 0.9 } }), door, {
      jsonPath: '{$.data.rate}',
    });
    expect(outcome).toEqual({ type: 'value', value: 0.9 });
    expect(asked).toEqual([
      'GET /api/v1/namespaces/acme-shop-production/services/hello-exp-canary:80/proxy/healthz?a=1',
    ]);
  });

  it.each(['/../secrets', '/%2e%2e/secrets', 'healthz', '/a b'])('is never asked for %s', async (path) => {
    const { outcome, asked } = await ask(async () => Response.json(1), { ...door, path });
    expect(outcome).toMatchObject({ type: 'error' });
    expect(asked).toEqual([]);
  });

  it.each<[string, () => Promise<Response>, RegExp]>([
    ['answers badly', async () => new Response('no', { status: 503 }), /answered 503/],
    [
      'leads elsewhere',
      async () => new Response(null, { status: 302, headers: { location: '/api/v1/secrets' } }),
      /302/,
    ],
    ['answers without an end', async () => new Response('x'.repeat(300_000)), /not answered/],
    ['cannot be reached', () => Promise.reject(new TypeError('fetch failed')), /could not be reached/],
  ])('that %s is an error, and none of the release', async (_, answer, message) => {
    expect((await ask(answer)).outcome).toEqual({ type: 'error', message: expect.stringMatching(message) });
  });
});
