import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gateways, httpRoutes, namespaces } from '@slipway/orchestrator/kinds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prometheusBinary, type ServedSeries, startGatewaySeries } from '../testing/gateway-series.js';
import { application, eventually, namespace, openShop, production } from '../testing/open-shop.js';

const strategy = (more: object = {}) => ({
  type: 'canary',
  steps: [{ setWeight: 10 }, { pause: {} }],
  analysis: { metrics: [{ name: 'request-success-rate' }, { name: 'request-duration' }], minimumSamples: 20 },
  ...more,
});

let series: ServedSeries;

/** The stable slot is `a`: no rollout of these tests is promoted but the first. */
const serve = (candidate: { failing?: number; slow?: number; requestsPerSecond?: number }) =>
  series.serve([
    { service: 'hello-slot-a', requestsPerSecond: 180 },
    { service: 'hello-slot-b', requestsPerSecond: 20, ...candidate },
  ]);

describe.skipIf(!existsSync(prometheusBinary))('with a Prometheus that reads the gateway', () => {
  beforeAll(async () => {
    series = await startGatewaySeries(namespace);
  });
  afterAll(async () => {
    await series?.stop();
  });
  const shop = openShop(() => ({ prometheusUrl: series.prometheusUrl, stood: ['a'] }));
  const { as, start, read, reaches } = shop;
  const runs = async (id: string) => (await as('vera', 'GET', `${application}/rollouts/${id}/analysis-runs`)).body;

  it('takes a release back whose requests fail, says so with the numbers, and keeps the evidence', async () => {
    serve({});
    const id = await start('b', strategy());
    await reaches(id, { state: 'paused', weight: 10 });
    await eventually(async () => {
      const [run] = (await runs(id))['runs'] as { metrics: { candidate: { requests: number } }[] }[];
      expect(run?.metrics[0]?.candidate.requests).toBeGreaterThan(20);
    });
    serve({ failing: 1 });
    await reaches(id, { state: 'failed', weight: 0 });
    expect((await read(id))['error']).toMatch(/^request-success-rate: \d+ of \d+ requests to the candidate failed/);
    expect(await runs(id)).toMatchObject({
      runs: [
        {
          step: null,
          verdict: 'fail',
          finishedAt: expect.any(String),
          metrics: [
            { name: 'request-success-rate', verdict: 'fail', points: expect.arrayContaining([expect.anything()]) },
            { name: 'request-duration', verdict: 'inconclusive' },
          ],
        },
      ],
    });
    const route = await shop.platform.client.get(httpRoutes, 'hello', namespace);
    expect(route.spec.rules?.at(-1)?.backendRefs?.map(({ weight }) => weight)).toEqual([1000, 0]);
  }, 60_000);

  it('shows the signals of both releases side by side, to those who may see the rollout', async () => {
    serve({ failing: 0.5 });
    const id = await start('9', { type: 'canary', steps: [{ setWeight: 10 }, { pause: {} }] });
    await reaches(id, { state: 'paused', weight: 10 });
    const path = `${application}/rollouts/${id}/signals`;
    type Sides = readonly { side: string; release: number; points: (Record<string, number> | null)[] }[];
    await eventually(async () => {
      const { body } = await as('vera', 'GET', path);
      expect(body).toMatchObject({ isMeasured: true, stepSeconds: 5 });
      const [stable, candidate] = body['sides'] as Sides;
      expect([stable?.side, candidate?.side]).toEqual(['stable', 'candidate']);
      expect(candidate?.release).toBeGreaterThan(stable?.release ?? 0);
      const last = (side: Sides[number] | undefined) => side?.points.findLast((point) => point !== null) ?? {};
      expect(last(stable)['requestsPerSecond']).toBeGreaterThan(150);
      expect(last(stable)['errorPercent']).toBe(0);
      expect(last(candidate)['requestsPerSecond']).toBeLessThan(30);
      expect(Math.abs((last(candidate)['errorPercent'] ?? 0) - 50)).toBeLessThan(10);
      expect(last(candidate)['p99Milliseconds']).toBeGreaterThan(0);
    });
    const aborted = await as('dora', 'POST', `${application}/rollouts/${id}/abort`);
    expect(aborted.status).toBe(202);
    await reaches(id, { state: 'aborted' });
    const { body } = await as('vera', 'GET', path);
    expect((body['sides'] as Sides).map(({ side }) => side)).toEqual(['stable', 'candidate']);
    series.setAway(true);
    expect((await as('mallory', 'GET', path)).status).toBe(404);
    expect((await as('vera', 'GET', path.replace(id, 'none'))).body).toMatchObject({ code: 'rollout-not-found' });
    series.setAway(false);
  }, 60_000);

  it('takes a release back that is slow', async () => {
    serve({ slow: 1 });
    const id = await start('c', strategy());
    await reaches(id, {
      state: 'failed',
      error: expect.stringMatching(/^request-duration: .* took longer than 0\.1 s/),
    });
  }, 60_000);

  it('takes a release back whose pods in an experiment fail, however well its slot does', async () => {
    const slots = ['hello-slot-a', 'hello-slot-b'].map((service) => ({ service, requestsPerSecond: 100 }));
    const templates = (failing: number) => [
      { service: 'hello-exp-baseline', requestsPerSecond: 20 },
      { service: 'hello-exp-next', requestsPerSecond: 10, failing },
      { service: 'hello-exp-more', requestsPerSecond: 10, failing },
    ];
    series.serve([...slots, ...templates(0)]);
    const experiment = {
      duration: '1h',
      templates: [
        { name: 'baseline', specRef: 'stable', weight: 10 },
        { name: 'next', specRef: 'canary', weight: 5 },
        { name: 'more', specRef: 'canary', weight: 5 },
      ],
      analysis: { metrics: [{ name: 'request-success-rate' }], minimumSamples: 20 },
    };
    const id = await start('8', strategy({ steps: [{ setWeight: 10 }, { experiment }] }));
    await eventually(async () => {
      const all = (await runs(id))['runs'] as { step: string | null; metrics: { candidate: { requests: number } }[] }[];
      const ofExperiment = all.find(({ step }) => step !== null);
      expect(ofExperiment?.metrics[0]?.candidate.requests).toBeGreaterThan(20);
    });
    series.serve([...slots, ...templates(0.5)]);
    await reaches(id, { state: 'failed', weight: 0, templateWeights: [] });
    const [background, ofExperiment] = (await runs(id))['runs'] as { verdict: string; metrics: object[] }[];
    expect(background?.verdict).not.toBe('fail');
    expect(ofExperiment).toMatchObject({ verdict: 'fail', metrics: [{ verdict: 'fail', stable: { bad: 0 } }] });
  }, 60_000);

  it('judges nothing while the gateway cannot be asked: it waits, for its series or an operator', async () => {
    series.setAway(true);
    const steps = [
      { setWeight: 10 },
      { analysis: { metrics: [{ name: 'request-success-rate' }], interval: 1, count: 2 } },
    ];
    const id = await start('d', { type: 'canary', steps });
    await eventually(async () => {
      const rollout = await read(id);
      expect(rollout).toMatchObject({ state: 'paused', weight: 10 });
      expect(JSON.stringify(rollout['steps'])).toContain('The series of the gateway cannot be read');
    });
    expect(await runs(id)).toMatchObject({ runs: [{ step: 'analysis 2 s', verdict: 'inconclusive' }] });
    series.setAway(false);
    expect(await as('dora', 'POST', `${application}/rollouts/${id}/abort`)).toMatchObject({ status: 202 });
    await reaches(id, { state: 'aborted' });
  }, 60_000);

  it('sends requests of its own to both releases where users send none, and judges by them', async () => {
    series.serve([]);
    const asked: { url: string; headers: IncomingHttpHeaders }[] = [];
    const gateway = createServer(({ url = '', headers }, response) => {
      asked.push({ url, headers });
      if (asked.length === 10) serve({});
      response.end();
    });
    gateway.listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    const { client } = shop.platform;
    const namespaceName = 'slipway-system';
    if (!(await client.find(namespaces, namespaceName)))
      await client.create(namespaces, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespaceName },
        spec: {},
      });
    await client.create(gateways, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'slipway', namespace: namespaceName },
      spec: {
        gatewayClassName: 'slipway',
        listeners: [{ name: 'http', protocol: 'HTTP', port: (gateway.address() as AddressInfo).port }],
      },
    });
    const status = { addresses: [{ type: 'IPAddress', value: '127.0.0.1' }] };
    await client.patch(gateways, 'slipway', namespaceName, { status }, { type: 'merge', subresource: 'status' });
    const analysis = {
      metrics: [{ name: 'request-success-rate' }],
      interval: 1,
      count: 2,
      minimumSamples: 20,
      onInconclusive: 'synthetic',
      syntheticTraffic: { path: '/ready?of=us', requestsPerSecond: 20 },
    };
    const id = await start('e', { type: 'canary', steps: [{ setWeight: 10 }, { analysis }, { pause: {} }] });
    await reaches(id, { state: 'paused', weight: 10 });
    expect(await runs(id)).toMatchObject({ runs: [{ verdict: 'pass' }] });
    const { body } = await as('dora', 'GET', `${production}/domains`);
    const [{ hostname }] = body['items'] as [{ hostname: string }];
    expect(new Set(asked.map(({ url, headers }) => `${headers.host}${url} ${headers['user-agent']}`))).toEqual(
      new Set([`${hostname}/ready?of=us slipway-synthetic`]),
    );
    const doors = new Set(asked.map(({ headers }) => headers['x-slipway-candidate']));
    expect(doors).toEqual(new Set([id, undefined]));
    const route = await client.get(httpRoutes, 'hello', namespace);
    const match = { headers: [{ type: 'Exact', name: 'x-slipway-candidate', value: id }] };
    expect(route.spec.rules?.[0]).toMatchObject({ matches: [match], backendRefs: [{ name: 'hello-slot-b' }] });
    await as('dora', 'POST', `${application}/rollouts/${id}/abort`);
    await reaches(id, { state: 'aborted' });
    expect(JSON.stringify(await client.get(httpRoutes, 'hello', namespace))).not.toContain('x-slipway-candidate');
    gateway.closeAllConnections();
    gateway.close();
  }, 60_000);

  it('refuses requests of its own where nothing would count them', async () => {
    const web = { url: 'https://metrics.example.com/rate' };
    const refuse = async (analysis: object) => {
      const strategy = { type: 'canary', steps: [{ setWeight: 10 }], analysis };
      const refused = await as('dora', 'PUT', `${production}/strategy`, { strategy });
      expect(refused).toMatchObject({ status: 400 });
      return JSON.stringify(refused.body);
    };
    const own = { metrics: [{ name: 'rate', provider: { web } }], onInconclusive: 'synthetic' };
    expect(await refuse(own)).toMatch(/strategy.analysis.onInconclusive/);
    const counted = { metrics: [{ name: 'request-success-rate' }] };
    expect(await refuse({ ...counted, syntheticTraffic: {} })).toMatch(/strategy.analysis.syntheticTraffic/);
    const elsewhere = { onInconclusive: 'synthetic', syntheticTraffic: { path: '//evil.example.com\r\nx: y' } };
    expect(await refuse({ ...counted, ...elsewhere })).toMatch(/syntheticTraffic.path/);
  });

  it('runs a canary dry on the traffic that there was: by steps, and when an error would be caught', async () => {
    serve({});
    const path = `${production}/strategy/dry-run`;
    const steps = [{ setWeight: 10 }, { pause: { duration: '10m' } }];
    const metrics = [{ name: 'request-success-rate' }];
    const body = { strategy: { type: 'canary', steps, analysis: { metrics } }, hours: 1, errorPercent: 50 };
    await eventually(async () =>
      expect(await as('vera', 'POST', path, body)).toMatchObject({
        status: 200,
        body: {
          isMeasured: true,
          seconds: 600,
          steps: [{}, {}, { weight: 10, candidateRequests: expect.toSatisfy((count) => count > 100) }, {}],
          caught: { step: 2, harmedPercent: expect.toSatisfy((percent) => percent < 5) },
          uncaught: null,
        },
      }),
    );
    const refused = await as('vera', 'POST', path, { strategy: { type: 'rolling' } });
    expect(refused).toMatchObject({ status: 400 });
    expect(JSON.stringify(refused.body)).toMatch(/strategy.type/);
    expect(await as('mallory', 'POST', path, body)).toMatchObject({ status: 404 });
  }, 60_000);

  it('shows strangers nothing, and refuses an analysis by the path of what is wrong with it', async () => {
    const id = (await as('dora', 'GET', `${application}/rollouts`)).body['items'] as { id: string }[];
    expect(await as('mallory', 'GET', `${application}/rollouts/${id[0]?.id}/analysis-runs`)).toMatchObject({
      status: 404,
    });
    const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 101 } }];
    const refused = await as('dora', 'PUT', `${production}/strategy`, {
      strategy: { type: 'canary', steps: [{ setWeight: 10 }, { analysis: { metrics } }] },
    });
    expect(refused).toMatchObject({ status: 400 });
    expect(JSON.stringify(refused.body)).toMatch(/steps.1.analysis.metrics.0.thresholdRange.min/);
  });
});
