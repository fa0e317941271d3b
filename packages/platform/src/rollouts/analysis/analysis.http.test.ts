import { existsSync } from 'node:fs';
import { httpRoutes } from '@slipway/orchestrator/kinds';
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

  it('takes a release back that is slow', async () => {
    serve({ slow: 1 });
    const id = await start('c', strategy());
    await reaches(id, {
      state: 'failed',
      error: expect.stringMatching(/^request-duration: .* took longer than 0\.1 s/),
    });
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
