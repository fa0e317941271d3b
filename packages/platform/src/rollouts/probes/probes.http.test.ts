import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prometheusBinary, type ServedSeries, startGatewaySeries, strangersValue } from '../testing/gateway-series.js';
import { application, eventually, namespace, openShop, production } from '../testing/open-shop.js';
import { PrometheusProbe } from './prometheus-probe.service.js';

let series: ServedSeries;
let server: Server;
let origin: string;
/** What the server answers by path, and what it was sent. */
let answers: Record<string, { status?: number; body?: string }>;
let calls: { path: string; headers: IncomingMessage['headers']; body: string }[];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += chunk;
  const path = request.url ?? '';
  calls.push({ path, headers: request.headers, body });
  const { status = 404, body: text = '' } = answers[path] ?? {};
  response.writeHead(status).end(text);
}

const canary = (metric: object, more: object = {}) => ({
  type: 'canary',
  steps: [{ setWeight: 10 }, { analysis: { metrics: [metric], ...more } }],
});

describe.skipIf(!existsSync(prometheusBinary))('with a Prometheus of many tenants and a server of the tenant', () => {
  beforeAll(async () => {
    server = createServer((request, response) => void answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    series = await startGatewaySeries(namespace);
  });
  afterAll(async () => {
    await series?.stop();
    server?.closeAllConnections();
    server?.close();
  });
  const { as, start, read, reaches } = openShop(() => ({
    prometheusUrl: series.prometheusUrl,
    outgoingAllow: '127.0.0.1/32',
    stood: ['a'],
  }));
  const runs = async (id: string) => (await as('vera', 'GET', `${application}/rollouts/${id}/analysis-runs`)).body;

  beforeEach(() => {
    calls = [];
    answers = {};
  });

  describe('PromQL of a tenant', () => {
    const names = { namespace, application: 'hello', candidate: 'hello-slot-b', stable: 'hello-slot-a' };
    const ask = (query: string) =>
      new PrometheusProbe({ prometheusUrl: series.prometheusUrl }).take(query, names, new AbortController().signal);

    it('reads its own series', async () => {
      await eventually(async () => expect(await ask('own_value')).toEqual({ type: 'value', value: [7] }));
      expect(await ask('scalar(own_value) * 2')).toEqual({ type: 'value', value: 14 });
      expect(await ask('own_value{namespace="$namespace"} / 0')).toEqual({
        type: 'value',
        value: [Number.POSITIVE_INFINITY],
      });
    });

    it.each([
      'rival_secret',
      'own_value or rival_secret',
      '{__name__="rival_secret"}',
      '{__name__=~".+"}',
      '{__name__=~"rival.*",namespace="$namespace"}',
      'max_over_time(rival_secret[5m:1s])',
      'quantile_over_time(1, {__name__=~"rival_.*"}[1m])',
      'label_replace(rival_secret, "namespace", "acme-shop-production", "", "")',
      'sum by (namespace) (rival_secret)',
      'vector(scalar(rival_secret))',
      'rival_secret offset 1s',
      'rival_secret @ end()',
      '-(rival_secret)',
      'own_value * on () group_left () rival_secret',
      'count_values("x", rival_secret)',
      'own_value + ignoring (namespace) rival_secret',
      `own_value{a!="} or rival_secret{b!="}`,
    ])('never reads those of another: %s', async (query) => {
      const outcome = await ask(query);
      expect(JSON.stringify(outcome)).not.toContain(String(strangersValue));
      expect(outcome.type).toBe('value');
    });

    it('does not even see that they are there', async () => {
      expect(await ask('absent(rival_secret)')).toEqual({ type: 'value', value: [1] });
      expect(await ask('count(rival_secret)')).toEqual({ type: 'value', value: [] });
    });

    it.each(['rival_secret{namespace="rival"}', 'rival_secret{namespace=~".*"}', 'topk(5, {namespace!=""})'])(
      'may not name another namespace: %s',
      async (query) => expect(await ask(query)).toMatchObject({ type: 'error', message: /namespace/ }),
    );
  });

  it('goes on where a query says so, with the evidence', async () => {
    const metric = {
      name: 'own',
      provider: { prometheus: { query: 'own_value' } },
      successCondition: 'result[0] == 7',
    };
    const id = await start('b', canary({ ...metric, interval: 1, count: 2 }));
    await reaches(id, { state: 'healthy' });
    expect(await runs(id)).toMatchObject({
      runs: [
        {
          step: 'analysis',
          verdict: 'pass',
          metrics: [],
          probes: [{ name: 'own', verdict: 'pass', successful: 2, failed: 0, measurements: [{ value: '[7]' }, {}] }],
        },
      ],
    });
  }, 60_000);

  it('goes back when an address of its own says so, in the background too', async () => {
    answers['/rate'] = { status: 200, body: '{"data":{"rate":0.99}}' };
    const web = { url: `${origin}/rate`, jsonPath: '{$.data.rate}', headers: [{ key: 'X-Team', value: 'shop' }] };
    const metric = {
      name: 'rate',
      provider: { web },
      interval: 1,
      successCondition: 'result >= 0.95',
      failureLimit: 1,
    };
    const id = await start('c', {
      type: 'canary',
      steps: [{ setWeight: 10 }, { pause: {} }],
      analysis: { metrics: [metric] },
    });
    await reaches(id, { state: 'paused', weight: 10 });
    answers['/rate'] = { status: 200, body: '{"data":{"rate":0.5}}' };
    const error = 'rate: 2 measurements failed, 1 were allowed; the last one: the result was 0.5';
    await reaches(id, { state: 'failed', weight: 0, error });
    expect(calls[0]?.headers).toMatchObject({ 'x-team': 'shop' });
  }, 60_000);

  it('holds where an address cannot be called, and never calls one of the inside', async () => {
    const web = { url: 'http://169.254.169.254/latest/meta-data' };
    const metric = { name: 'meta', provider: { web }, interval: 1, consecutiveErrorLimit: 0 };
    const id = await start('d', canary(metric));
    await eventually(async () => {
      const rollout = await read(id);
      expect(rollout).toMatchObject({ state: 'paused', weight: 10 });
      expect(JSON.stringify(rollout['steps'])).toContain('not on the public internet');
    });
    expect(await as('dora', 'POST', `${application}/rollouts/${id}/abort`)).toMatchObject({ status: 202 });
    await reaches(id, { state: 'aborted' });
  }, 60_000);

  it('a header may take a secret of the new release, and the strategy shows its name alone', async () => {
    const set = await as('dora', 'PATCH', `${production}/config`, {
      secrets: { PROBE_TOKEN: 'Bearer s3cret' },
    });
    expect(set.status).toBeLessThan(300);
    answers['/guarded'] = { status: 200, body: 'true' };
    const web = { url: `${origin}/guarded`, headers: [{ key: 'Authorization', secret: 'PROBE_TOKEN' }] };
    const metric = { name: 'guarded', provider: { web }, successCondition: 'result == true' };
    const id = await start('e', canary(metric));
    await reaches(id, { state: 'healthy' });
    expect(calls[0]?.headers.authorization).toBe('Bearer s3cret');
    expect(JSON.stringify([await read(id), await runs(id)])).not.toContain('s3cret');
  }, 60_000);

  it('asks the hooks of a strategy where Flagger does, and tells the last one once', async () => {
    const hook = (type: string) => ({
      name: type,
      type,
      url: `${origin}/${type}`,
      interval: 1,
      metadata: { team: 'shop' },
    });
    const types = ['confirm-rollout', 'pre-rollout', 'rollout', 'confirm-promotion', 'post-rollout', 'rollback'];
    answers['/rollout'] = answers['/pre-rollout'] = { status: 200 };
    const steps = [{ setWeight: 10 }, { pause: { duration: 1 } }];
    const id = await start('f', { type: 'canary', steps, webhooks: types.map(hook) });
    await eventually(() => expect(calls.filter(({ path }) => path === '/confirm-rollout').length).toBeGreaterThan(1));
    expect(await read(id)).toMatchObject({ state: 'paused', weight: 0 });
    answers['/confirm-rollout'] = { status: 204 };
    await eventually(() => expect(calls.some(({ path }) => path === '/confirm-promotion')).toBe(true));
    await reaches(id, { state: 'paused', weight: 10 });
    answers['/confirm-promotion'] = answers['/post-rollout'] = { status: 200 };
    await reaches(id, { state: 'healthy' });
    await eventually(() => expect(calls.filter(({ path }) => path === '/post-rollout')).toHaveLength(1));
    const bodyOf = (path: string) => JSON.parse(calls.find((call) => call.path === path)?.body ?? '{}');
    expect(bodyOf('/confirm-rollout')).toMatchObject({ name: 'hello', namespace, phase: 'Waiting', canaryWeight: 0 });
    expect(bodyOf('/confirm-promotion')).toMatchObject({ phase: 'WaitingPromotion', canaryWeight: 10 });
    expect(bodyOf('/post-rollout')).toMatchObject({
      phase: 'Succeeded',
      type: 'post-rollout',
      checksum: expect.stringMatching(/./),
      metadata: { team: 'shop' },
    });
    expect(calls.map(({ path }) => path).filter((path) => path === '/pre-rollout')).toHaveLength(1);
  }, 60_000);

  it('goes back when a hook asks for it, also while an operator holds it', async () => {
    const webhooks = [{ name: 'back', type: 'rollback', url: `${origin}/back`, interval: 1 }];
    const id = await start('1', { type: 'canary', steps: [{ setWeight: 10 }, { pause: {} }], webhooks });
    await reaches(id, { state: 'paused', weight: 10 });
    await as('dora', 'POST', `${application}/rollouts/${id}/pause`);
    answers['/back'] = { status: 200, body: 'see ticket 7' };
    await reaches(id, {
      state: 'failed',
      weight: 0,
      error: expect.stringMatching(/^back: .*a rollback was asked for.*ticket 7$/),
    });
  }, 60_000);

  it('a blue/green release gives all traffic back that it fails with', async () => {
    answers['/after'] = { status: 200, body: '0' };
    const metric = { name: 'after', provider: { web: { url: `${origin}/after` } }, successCondition: 'result > 0' };
    const id = await start('2', { type: 'blueGreen', postPromotionAnalysis: { metrics: [metric] } });
    await reaches(id, {
      state: 'failed',
      weight: 0,
      error: 'after: A measurement failed; the last one: the result was 0',
    });
    expect(JSON.stringify((await read(id))['steps'])).toMatch(/setWeight 100 %","state":"succeeded/);
  }, 60_000);

  it.each<[string, object, string]>([
    [
      'a query of another',
      { provider: { prometheus: { query: 'a{namespace="b"}' } }, successCondition: 'true' },
      'provider.prometheus.query',
    ],
    [
      'a query that is none',
      { provider: { prometheus: { query: 'sum(' } }, successCondition: 'true' },
      'provider.prometheus.query',
    ],
    ['a query without a condition', { provider: { prometheus: { query: 'a' } } }, 'successCondition'],
    [
      'a condition that is none',
      { provider: { prometheus: { query: 'a' } }, successCondition: 'result >' },
      'successCondition',
    ],
    [
      'a condition that calls',
      { provider: { prometheus: { query: 'a' } }, failureCondition: 'exit(1)' },
      'failureCondition',
    ],
    ['a file', { provider: { web: { url: 'file:///etc/passwd' } } }, 'provider.web.url'],
    [
      'a token for all to read',
      { provider: { web: { url: 'https://a.example', headers: [{ key: 'Authorization', value: 'x' }] } } },
      'provider.web.headers.0.value',
    ],
    [
      'a path that is none',
      { provider: { web: { url: 'https://a.example', jsonPath: '$..a' } } },
      'provider.web.jsonPath',
    ],
    ['two providers', { provider: { web: { url: 'https://a.example' }, job: { command: ['a'] } } }, 'provider'],
    ['no provider', {}, 'provider'],
    ['an image of its own', { provider: { job: { image: 'evil', command: ['a'] } } }, 'provider.job'],
    ['a count without an interval', { provider: { job: { command: ['a'] } }, count: 3 }, 'interval'],
  ])('refuses %s by its path', async (_, metric, path) => {
    const strategy = canary({ name: 'own', ...metric });
    const refused = await as('dora', 'PUT', `${production}/strategy`, { strategy });
    expect(refused).toMatchObject({ status: 400 });
    expect(JSON.stringify(refused.body)).toContain(`steps.1.analysis.metrics.0.${path}"`);
  });

  it('refuses hooks that call what is no address, or have one name', async () => {
    const hook = { name: 'a', type: 'rollout', url: 'https://a.example' };
    for (const webhooks of [
      [{ ...hook, url: 'ftp://a' }],
      [hook, hook],
      [{ ...hook, type: 'event' }],
      [{ ...hook, timeout: '5m' }],
    ]) {
      const strategy = { type: 'canary', steps: [{ setWeight: 5 }], webhooks };
      const refused = await as('dora', 'PUT', `${production}/strategy`, { strategy });
      expect(refused).toMatchObject({ status: 400 });
      expect(JSON.stringify(refused.body)).toContain('strategy.webhooks');
    }
  });
});
