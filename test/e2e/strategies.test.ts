import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Asked, type Door, newestOf, openDoors } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { askGateway } from '../support/gateway.js';
import { deployGray, type Gray } from '../support/gray.js';
import { launchBrowser, lookInto, signIn } from '../support/portal.js';
import type { ReleasePlace } from '../support/release-place.js';
import type { Scene } from '../support/scene.js';
import { startTraffic, type Traffic } from '../support/traffic.js';

const port = inject('gatewayPort');
const portal = inject('portalUrl');
const look = lookInto('strategies');
let gray: Gray;
let scene: Scene;
let browser: Browser;
let page: Page;
let doors: readonly Door[];
let serial = 1;
/** Of the release of `gray` itself that stands. */
let stableOfGray = '1';

beforeAll(async () => {
  [gray, browser] = await Promise.all([deployGray('strategies'), launchBrowser()]);
  ({ scene } = gray);
  page = await signIn(browser, scene);
  doors = await openDoors(gray, page);
});
afterAll(async () => {
  await browser?.close();
  await scene?.dispose();
});

const bodyOf = async (url: string, headers?: Record<string, string>) => (await askGateway({ port, url, headers })).body;

/** Of some hundred answers in a row: the weight is in force a moment after the state is, and exact in a thousand requests. */
async function expectShare(traffic: Traffic, version: string, share: number): Promise<void> {
  let all = 0;
  let met = 0;
  traffic.take();
  await eventually(() => {
    for (const [by, count] of traffic.take()) {
      all += count;
      if (by === version) met += count;
    }
    expect(all).toBeGreaterThan(300);
    const found = met / all;
    all = 0;
    met = 0;
    expect(Math.abs(found - share)).toBeLessThan(0.03);
  }, 30);
}

interface Run {
  readonly door: Door;
  /** Of the new release, and of the one before. */
  readonly version: string;
  readonly stable: string;
  readonly traffic: Traffic;
}

/** What users meet while the rollout stands at its pause. */
type AtPause = (run: Run) => Promise<void>;

async function expectUnseen({ traffic, stable }: Run): Promise<void> {
  traffic.take();
  await eventually(() => expect(traffic.take().size).toBeGreaterThan(0), 5);
  expect([...traffic.take().keys()].filter((version) => version !== stable)).toEqual([]);
}

const gradual: readonly [string, Asked, AtPause][] = [
  [
    'blue/green: the new release is met under its preview address alone',
    {
      type: 'blueGreen',
      preset: 'Blue/green by hand',
      strategy: { type: 'blueGreen', autoPromotionEnabled: false, scaleDownDelaySeconds: 300 },
    },
    async (run) => {
      await expectUnseen(run);
      const { previewUrl } = await newestOf(run.door.place);
      await eventually(async () => expect(await bodyOf(previewUrl ?? '')).toBe(run.version), 5);
    },
  ],
  [
    'canary: a tenth of the requests meets the new release; it is aborted, and tried again',
    { type: 'canary', strategy: { type: 'canary', steps: [{ setWeight: 10 }, { pause: {} }] } },
    ({ version, traffic }) => expectShare(traffic, version, 0.1),
  ],
  [
    'A/B: who matches meets the new release, and nobody else',
    {
      type: 'abTest',
      preset: 'A/B test',
      strategy: {
        type: 'abTest',
        match: [{ cookies: [{ name: 'beta', value: '1' }] }, { headers: [{ name: 'X-Beta', value: '1' }] }],
      },
    },
    async (run) => {
      await expectUnseen(run);
      const { version, stable } = run;
      const { url } = run.door;
      await eventually(async () => expect(await bodyOf(url, { 'x-beta': '1' })).toBe(version), 5);
      expect(await bodyOf(url, { cookie: 'other=1; beta=1' })).toBe(version);
      expect(await bodyOf(url, { 'x-beta': '0', cookie: 'beta=0' })).toBe(stable);
    },
  ],
  [
    'mirror: copies reach the new release, whose answers nobody sees',
    {
      type: 'mirror',
      preset: 'Mirror',
      strategy: { type: 'mirror', percentage: 20, duration: '30m', autoPromotionEnabled: false },
    },
    async (run) => {
      await expectUnseen(run);
      const log = () => scene.slipway.run('logs', '--app', run.door.name);
      await eventually(async () => expect(await log()).toContain(`release ${run.version}: asked 10 times`), 20);
    },
  ],
];

/** The same at all three doors at the same time, while people use all three applications. */
async function atAllDoors(work: (run: Run) => Promise<void>, patienceMilliseconds?: number) {
  serial += 1;
  const version = `${serial}`;
  const runs = await Promise.all(
    doors.map(async (door) => {
      const stable = await bodyOf(door.url);
      return {
        door,
        version,
        stable,
        traffic: startTraffic({ port, url: door.url, clients: 2, patienceMilliseconds }),
      };
    }),
  );
  const done = await Promise.allSettled(runs.map(work));
  for (const { door, traffic } of runs) {
    const { failures, count } = await traffic.stop();
    expect(failures, `requests to ${door.name}`).toEqual([]);
    expect(count).toBeGreaterThan(100);
  }
  expect(done.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : [])).join('\n')).toBe('');
}

async function expectAllBy({ url }: Door, version: string): Promise<void> {
  await eventually(async () => expect(await bodyOf(url)).toBe(version), 5);
}

async function lookAt(door: Door, name: string): Promise<void> {
  if (door.name === 'browser') await look(page, name);
}

/** The same page once more as others see it. */
async function lookInChineseAndDark(name: string): Promise<void> {
  const cookies = ['slipway_locale', 'slipway_theme'].map((cookie) => ({ name: cookie, url: portal }));
  await page.context().addCookies(cookies.map((cookie, index) => ({ ...cookie, value: index ? 'dark' : 'zh' })));
  await page.reload();
  await page.getByRole('link', { name: '发布策略' }).first().waitFor();
  await look(page, name);
  await page.context().addCookies(cookies.map((cookie, index) => ({ ...cookie, value: index ? 'light' : 'en' })));
  await page.reload();
}

describe('by the API, the CLI and the browser side by side, under traffic', { timeout: 300_000 }, () => {
  test('recreate: the old release has ended before the new one begins, and who asks meanwhile waits', async () => {
    await atAllDoors(async (run) => {
      await throughAt(run, { type: 'recreate', preset: 'Recreate', strategy: { type: 'recreate' } });
      const { traffic, stable, version, door } = run;
      expect(traffic.lastOf(stable), `${door.name}: the last old answer`).toBeLessThan(traffic.firstOf(version) ?? 0);
    }, 60_000);
  });

  test('rolling: no request fails', async () => {
    await atAllDoors((run) => throughAt(run, { type: 'rolling', preset: 'Rolling', strategy: { type: 'rolling' } }));
  });

  test.each(gradual)('%s; it is promoted', async (_name, asked, expectAtPause) => {
    await atAllDoors(async (run) => {
      const { door, version } = run;
      await door.setStrategy(asked);
      await door.rollOut(version);
      await door.until('paused');
      await expectAtPause(run);
      await lookAt(door, `${asked.type}-paused`);
      // The way back is the same for all.
      if (asked.type === 'canary') await abortAndRetry(run);
      // A mirror is promoted past its time, and then past the gate behind it.
      await door.promote(asked.type === 'abTest' || asked.type === 'mirror');
      await door.until('healthy');
      await expectAllBy(door, version);
      await lookAt(door, `${asked.type}-done`);
    });
  });
});

async function throughAt({ door, version }: Run, asked: Asked): Promise<void> {
  await door.setStrategy(asked);
  await door.rollOut(version);
  await door.until('healthy');
  await expectAllBy(door, version);
  await lookAt(door, `${asked.type}-done`);
}

async function abortAndRetry({ door, version, stable, traffic }: Run): Promise<void> {
  const askedAt = performance.now();
  await door.abort();
  await door.until('aborted');
  await expectAllBy(door, stable);
  const took = (traffic.lastOf(version) ?? 0) - askedAt;
  expect(took, 'back at once').toBeLessThan(door.name === 'api' ? 2500 : 5000);
  await lookAt(door, 'canary-aborted');
  await door.retry();
  await door.until('paused');
  if (door.name === 'browser') await lookInChineseAndDark('canary-paused-zh-dark');
}

/** Rolls a new release of `gray` out while people use the one before; nobody may notice. */
async function rollOut(
  strategy: object,
  watch: (place: ReleasePlace, id: string, version: string, traffic: Traffic) => Promise<void>,
) {
  const { place, url } = gray;
  serial += 1;
  const version = `${serial}`;
  const release = await place.release(version);
  const traffic = startTraffic({ port, url, clients: 4 });
  try {
    await watch(place, await place.rollOut(release, strategy), version, traffic);
  } finally {
    const { failures, count } = await traffic.stop();
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(100);
  }
  stableOfGray = version;
}

describe('a release under traffic', { timeout: 180_000 }, () => {
  test('canary that keeps users: no request fails, and all are answered by the new one at the end', async () => {
    await rollOut({ type: 'canary', stickyBy: 'gateway', steps: [{ setWeight: 50 }] }, async (place, id, version) => {
      await place.until(id, 'healthy');
      await eventually(async () => expect(await bodyOf(gray.url)).toBe(version), 5);
    });
  });

  test('experiment: both releases are asked beside the slots, where no user meets them, and nothing of it stays', async () => {
    const templates = [
      { name: 'baseline', specRef: 'stable' },
      { name: 'next', specRef: 'canary' },
    ];
    const ask = 'Promise.all(process.argv.slice(1).map(async (url) => (await fetch(url)).text()))';
    const print = '.then((all) => console.log(JSON.stringify(all)))';
    const command = ['node', '-e', ask + print, 'http://$templates.baseline/', 'http://$templates.next/'];
    const metrics = [
      { name: 'versions', provider: { job: { command } }, successCondition: 'result[0] != result[1]' },
      { name: 'health', provider: { web: { url: 'http://$templates.next/healthz' } } },
    ];
    const steps = [{ experiment: { templates, analysis: { metrics } } }, { pause: {} }];
    await rollOut({ type: 'canary', steps }, async (place, id, _version, traffic) => {
      await place.until(id, 'paused');
      expect([...traffic.take().keys()]).toEqual([stableOfGray]);
      await eventually(async () => {
        const pods = await scene.slipway.json('pods', '--app', 'gray');
        expect(JSON.stringify(pods)).not.toContain('experiment');
      });
      await place.act(id, 'promote', {});
      await place.until(id, 'healthy');
    });
  });

  test('experiment with weights: users meet its pods beside both releases, the gateway counts them, and no request is lost', async () => {
    const templates = [
      { name: 'baseline', specRef: 'stable', weight: 20 },
      { name: 'next', specRef: 'canary', weight: 30 },
    ];
    const query = 'sum(slipway_gateway_requests_total{service="$templates.next"})';
    const metric = {
      name: 'met',
      provider: { prometheus: { query } },
      initialDelay: '8s',
      successCondition: 'result[0] > 0',
    };
    const experiment = { duration: '25s', templates, analysis: { metrics: [metric] } };
    const steps = [{ setWeight: 10 }, { experiment }, { pause: {} }];
    await rollOut({ type: 'canary', steps }, async (place, id, version, traffic) => {
      await eventually(async () => {
        const { templateWeights } = Object(await place.get(id));
        expect(templateWeights).toEqual(templates);
      }, 90);
      await expectShare(traffic, version, 0.4);
      await place.until(id, 'paused');
      await expectShare(traffic, version, 0.1);
      await place.act(id, 'promote', {});
      await place.until(id, 'healthy');
    });
  });

  test('a candidate that crashes never takes the traffic, and the rollout says why', async () => {
    const { place, url } = gray;
    serial += 1;
    const release = await place.release(`${serial}`, 'crash');
    const traffic = startTraffic({ port, url, clients: 2, hasLong: false });
    const id = await place.rollOut(release, {
      type: 'canary',
      steps: [{ setWeight: 5 }, { pause: { duration: '5m' } }],
    });
    const shown = await eventually(async () => {
      const now = await place.get(id);
      expect(now.state).toBe('failed');
      return now;
    }, 120);
    await traffic.stop();
    expect(shown.error).toContain('keeps exiting');
    expect(await bodyOf(url)).toBe(stableOfGray);
  });
});
