import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { askGateway } from '../support/gateway.js';
import { deployGray, type Gray } from '../support/gray.js';
import { launchBrowser, lookInto, signIn } from '../support/portal.js';
import { startTraffic } from '../support/traffic.js';

const port = inject('gatewayPort');
const look = lookInto('gray-forms');
let gray: Gray;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [gray, browser] = await Promise.all([deployGray('gray-forms'), launchBrowser()]);
  page = await signIn(browser, gray.scene);
});
afterAll(async () => {
  await browser?.close();
  await gray?.scene.dispose();
});

const application = () => {
  const { tenant, project } = gray.scene;
  return `${inject('portalUrl')}/t/${tenant}/p/${project}/e/production/a/gray`;
};
const button = (name: string) => page.getByRole('button', { name, exact: true });

test('web hooks are written in a form, and the page of an A/B rollout says who meets it', async () => {
  const { place, scene } = gray;
  await page.goto(`${application()}/strategy`);
  await button('A/B test').click();
  await button('Add a web hook').click();
  const hook = page.getByRole('group', { name: 'Web hook 1', exact: true });
  await hook.getByLabel('When').selectOption({ label: 'at the end' });
  await hook.getByLabel('Name', { exact: true }).fill('told');
  await hook.getByLabel('Address').fill('hooks.example.com');
  await hook.getByText('An http or https address.').waitFor();
  await hook.getByLabel('Address').fill('https://hooks.example.com/end');
  await hook.getByLabel('Waits at most').fill('5s');
  await button('Tell it more').click();
  await hook.getByLabel('Key').fill('team');
  await hook.getByLabel('Value').fill('shop');
  await look(page, 'web-hook');
  await button('Save for production').click();
  await page.getByText('The strategy of production is saved').waitFor();
  const { strategy } = await place.call<{ strategy: { webhooks: object[] } }>(
    'GET',
    '/environments/production/strategy',
  );
  const metadata = { team: 'shop' };
  expect(strategy.webhooks).toEqual([
    { name: 'told', type: 'post-rollout', url: 'https://hooks.example.com/end', timeout: '5s', metadata },
  ]);

  const match = [{ cookies: [{ name: 'beta', value: '1' }] }, { headers: [{ name: 'X-Beta', value: '1' }] }];
  const id = await place.rollOut(await place.release('2'), { type: 'abTest', match });
  await place.until(id, 'paused');
  await page.goto(`${application()}/rollouts/${id}`);
  await page.getByText('cookie beta is “1”', { exact: true }).waitFor();
  await page.getByText('or header X-Beta is “1”').waitFor();
  await look(page, 'who-meets-it');
  expect(await scene.slipway.run('rollouts', 'get', id, '--app', 'gray')).toMatch(/who meets it:? +cookie beta is "1"/);
  await place.act(id, 'abort');
  await place.until(id, 'aborted');
});

test('an experiment is written in a form, runs as it was written, and its page shows what the gateway compared', async () => {
  const { place, scene } = gray;
  await page.goto(`${application()}/strategy`);
  await button('Canary by hand').click();
  await page.getByLabel('Keep a user with one release by').selectOption({ label: 'Nothing: each request on its own' });
  const steps = page.getByRole('list', { name: 'Steps', exact: true });
  while ((await steps.getByRole('listitem').count()) > 1) await button('Remove step 2').click();
  await page.getByLabel('Kind of step 1').selectOption({ label: 'Experiment' });
  const pods = (number: number) => page.getByRole('group', { name: `Pods ${number}`, exact: true });
  await page.getByLabel('Measure it').click();
  const experiment = page.getByRole('group', { name: 'Experiment of step 1', exact: true });
  const kind = experiment.getByLabel('What is measured');
  await kind.selectOption('request-success-rate');
  await experiment.getByText('No user meets the new release there').waitFor();
  for (const [number, weight] of [
    [1, '20'],
    [2, '30'],
  ] as const)
    await pods(number).getByLabel('Share of the traffic, %').fill(weight);
  await experiment.getByText('No user meets the new release there').waitFor({ state: 'detached' });
  await experiment.getByLabel('For', { exact: true }).fill('12s');
  await experiment.getByLabel('Requests needed to pass').fill('20');
  await look(page, 'experiment');
  await button('Save for production').click();
  await page.getByText('The strategy of production is saved').waitFor();
  const { strategy } = await place.call<{ strategy: { steps: object[] } }>('GET', '/environments/production/strategy');
  const templates = [
    { name: 'baseline', specRef: 'stable', weight: 20 },
    { name: 'canary', specRef: 'canary', weight: 30 },
  ];
  const analysis = { metrics: [{ name: 'request-success-rate' }], minimumSamples: 20 };
  expect(strategy.steps).toEqual([{ experiment: { duration: '12s', templates, analysis } }]);

  const traffic = startTraffic({ port, url: gray.url, clients: 2, hasLong: false });
  const id = await place.rollOut(await place.release('3'), strategy);
  await page.goto(`${application()}/rollouts/${id}`);
  await page.getByText('Failed requests').first().waitFor();
  await place.until(id, 'healthy');
  await traffic.stop();
  await page.reload();
  await page.getByText('Passed').first().waitFor();
  await look(page, 'experiment-compared');
  const latency = page.getByRole('article', { name: 'Latency (p99)' });
  await latency
    .getByText(/^\d+(\.\d+)? ms$/)
    .first()
    .waitFor();
  const time = page.getByRole('slider', { name: 'Time' });
  await time.press('Home');
  expect(await latency.getByText('–', { exact: true }).count(), 'nothing was measured a minute before').toBe(2);
  await time.press('End');
  expect(await time.getAttribute('aria-valuetext')).toContain('Take all traffic');
  await look(page, 'golden-signals');
  const { runs } = await place.call<{ runs: object[] }>('GET', `/rollouts/${id}/analysis-runs`);
  expect(runs).toMatchObject([{ step: 'experiment 12 s', verdict: 'pass' }]);
  expect(await scene.slipway.run('rollouts', 'get', id, '--app', 'gray')).toContain('experiment 12 s');
  const signals = await scene.slipway.run('rollouts', 'signals', id, '--app', 'gray');
  expect(signals).toMatch(/^1 +stable +[\d.]+\/s/m);
  expect(signals).toMatch(/^3 +candidate +[\d.]+\/s +0 %/m);
});

test('a domain with a certificate sends who asks without TLS there, by a check box and by the command', async () => {
  const { slipway } = gray.scene;
  const hostname = `${gray.scene.tenant}.shop.test`;
  const [cert, key] = [join(slipway.home, 'cert.pem'), join(slipway.home, 'key.pem')];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '90', '-subj', `/CN=${hostname}`];
  await promisify(execFile)('openssl', [
    ...made,
    '-addext',
    `subjectAltName=DNS:${hostname}`,
    '-keyout',
    key,
    '-out',
    cert,
  ]);
  await slipway.run('domains', 'add', hostname, '--app', 'gray');
  const refused = await slipway.try(['domains', 'https', hostname, 'only', '--app', 'gray']);
  expect(refused).toMatchObject({ stderr: expect.stringContaining('https-without-certificate') });
  await slipway.run('domains', 'certificate', hostname, '--cert', cert, '--key', key, '--app', 'gray');

  await page.goto(`${application()}/domains`);
  const isOnly = page.getByRole('group', { name: `Requests for ${hostname} without TLS` }).getByLabel('HTTPS only');
  await isOnly.click();
  await page.getByText(`${hostname} answers by HTTPS only`).first().waitFor({ state: 'attached' });
  await look(page, 'https-only');
  const ask = () => askGateway({ port, url: `http://${hostname}`, path: '/a?b=c' });
  await eventually(async () => {
    const { status, headers } = await ask();
    expect(status).toBe(301);
    expect(headers['location']).toMatch(new RegExp(`^https://${hostname}(:\\d+)?/a\\?b=c$`));
  });
  await slipway.run('domains', 'https', hostname, 'also', '--app', 'gray');
  await eventually(async () => expect((await ask()).status).not.toBe(301));
});
