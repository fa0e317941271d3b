import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { askGateway } from '../support/gateway.js';
import { addGray, deployGray, type Gray } from '../support/gray.js';
import { callApi } from '../support/people.js';

const port = inject('gatewayPort');
let gray: Gray;
let other: Pick<Gray, 'place' | 'url'>;

beforeAll(async () => {
  gray = await deployGray('checks');
  other = await addGray(gray, 'other');
});
afterAll(() => gray?.scene.dispose());

const answerOf = async ({ url }: Pick<Gray, 'url'>, headers = {}) => (await askGateway({ port, url, headers })).body;

describe('hooks of a release on real containers', { timeout: 120_000 }, () => {
  test('a command before and a request after it let it through; a command that fails lets nobody meet it', async () => {
    const { place } = gray;
    const say = (text: string, exit: number) => ['node', '-e', `console.log('${text}'); process.exit(${exit})`];
    await place.call('PATCH', '', { hooks: { before: { command: say('ready', 0) }, after: { probe: { path: '/' } } } });
    const good = await place.until(await place.rollOut(await place.release('2'), { type: 'blueGreen' }), 'healthy');
    expect(good.steps.map(({ name, state }) => `${name}: ${state}`)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/before.*: succeeded/),
        expect.stringMatching(/after.*: succeeded/),
      ]),
    );
    await place.call('PATCH', '', { hooks: { before: { command: say('the schema is too old', 3) }, after: null } });
    const id = await place.rollOut(await place.release('3'), { type: 'blueGreen' });
    const bad = await eventually(async () => {
      const shown = await place.get(id);
      expect(shown.state).toBe('failed');
      return shown;
    }, 60);
    expect(bad.error).toContain('the schema is too old');
    expect(await answerOf(gray)).toBe('2');
    await place.call('PATCH', '', { hooks: { before: null } });
  });
});

describe('requests of our own on real containers', { timeout: 120_000 }, () => {
  const analysis = {
    metrics: [{ name: 'request-success-rate' }],
    interval: 1,
    count: 2,
    minimumSamples: 20,
    onInconclusive: 'synthetic',
    syntheticTraffic: { requestsPerSecond: 40 },
  };
  const strategy = { type: 'canary', steps: [{ setWeight: 10 }, { analysis }] };

  test('judge a release that no user has met: the good one goes on, the bad one goes back', async () => {
    const { place } = gray;
    await place.until(await place.rollOut(await place.release('4'), strategy), 'healthy');
    const id = await place.rollOut(await place.release('5', 'errors'), strategy);
    const bad = await eventually(async () => {
      const shown = await place.get(id);
      expect(shown.state).toBe('failed');
      return shown;
    }, 60);
    expect(bad.error).toMatch(/^request-success-rate: \d+ of \d+ requests to the candidate failed/);
    expect(await answerOf(gray)).toBe('4');
  });
});

describe('a train with a lane on real containers', { timeout: 120_000 }, () => {
  test('its header leads to the new releases of all, which nobody else meets until it goes on', async () => {
    const trains = `/tenants/${gray.scene.tenant}/projects/${gray.scene.project}/trains`;
    const strategy = { type: 'canary', steps: [{ setWeight: 10 }] };
    const cars = await Promise.all(
      [gray, other].map(async ({ place }) => {
        await place.call('PUT', '/environments/production/strategy', { strategy });
        return place.release('lane');
      }),
    );
    const { status } = await callApi(gray.token, 'POST', trains, {
      name: 'spring',
      environment: 'production',
      cars: [
        { application: 'other', release: cars[1] },
        { application: 'gray', release: cars[0], after: ['other'] },
      ],
      lane: { value: 'spring' },
    });
    expect(status).toBe(202);
    const train = async () => (await callApi(gray.token, 'GET', `${trains}/spring`)).body;
    await eventually(async () => expect(await train()).toMatchObject({ state: 'paused', lane: { isUp: true } }), 60);
    const lane = { 'x-slipway-lane': 'spring' };
    await eventually(async () => {
      expect([await answerOf(gray, lane), await answerOf(other, lane)]).toEqual(['lane', 'lane']);
    }, 10);
    expect([await answerOf(gray), await answerOf(other)]).toEqual(['4', '1']);
    await callApi(gray.token, 'POST', `${trains}/spring/promote`, {});
    await eventually(async () => expect(await train()).toMatchObject({ state: 'healthy' }), 60);
    await eventually(async () => expect([await answerOf(gray), await answerOf(other)]).toEqual(['lane', 'lane']), 10);
  });
});
