import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { askGateway } from '../support/gateway.js';
import { launchBrowser, lookInto, openPage } from '../support/portal.js';
import { checkout, uniqueName } from '../support/slipway.js';

const portal = inject('portalUrl');
const tenant = uniqueName('portal');
const application = `/t/${tenant}/p/shop/e/production/a/hello`;
const buildMilliseconds = 240_000;
const rolloutMilliseconds = 120_000;

let folder: string;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-portal-'));
  execFileSync('tar', ['-czf', join(folder, 'hello.tar.gz'), '-C', join(checkout, 'docs/samples/hello'), '.']);
  browser = await launchBrowser();
  context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-US' });
  page = await openPage(context);
});
afterAll(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const lookAt = lookInto('portal');
const look = (name: string) => lookAt(page, name);
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
const dialog = () => page.getByRole('dialog');

async function addressOfApplication(): Promise<string> {
  const href = await page.getByRole('link', { name: 'Open', exact: true }).getAttribute('href');
  return href ?? '';
}

async function waitForHealthy(): Promise<void> {
  await page.goto(`${portal}${application}`);
  const now = page.getByRole('region', { name: 'Now' });
  await now.getByText('Healthy').waitFor({ timeout: rolloutMilliseconds });
}

describe('the whole path in the browser', () => {
  test('a stranger is sent to sign in, and comes back to the page they asked for', async () => {
    await page.goto(`${portal}/?choose=1`);
    await page.locator('input[name="username"]').fill('admin');
    await page.locator('input[name="password"]').fill(inject('adminPassword'));
    await page.locator('button[type="submit"], input[type="submit"]').first().click();
    await page.waitForURL(`${portal}/?choose=1`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await look('chooser');
  });

  test('a bad name is refused at its field', async () => {
    await button(/New tenant/)
      .first()
      .click();
    await dialog().getByLabel('Name', { exact: true }).fill('Not A Name');
    await dialog()
      .getByRole('button', { name: /Create tenant/ })
      .click();
    await dialog()
      .getByRole('alert')
      .getByText(/Lower-case letters/)
      .waitFor();
    await dialog().getByRole('button', { name: 'Close' }).click();
  });

  test('a tenant, and in it a project, are created', async () => {
    await button(/New tenant/)
      .first()
      .click();
    await dialog().getByLabel('Name', { exact: true }).fill(tenant);
    await dialog()
      .getByRole('button', { name: `Create tenant ${tenant}` })
      .click();
    await page.waitForURL(`${portal}/t/${tenant}`);
    await page.getByText('Start with a project').waitFor();
    await look('tenant-empty');
    await button('Create the first project').click();
    await dialog().getByLabel('Name', { exact: true }).fill('shop');
    await dialog().getByRole('button', { name: 'Create project shop' }).click();
    await page.waitForURL(`${portal}/t/${tenant}/p/shop`);
    await page.getByText('Deploy the first application').waitFor();
    await look('project-empty');
  });

  test('an archive becomes an application; its build is watched to the rollout’s end', async () => {
    await page.goto(`${portal}/t/${tenant}/new?project=shop`);
    await page.getByTestId('archive-file').setInputFiles(join(folder, 'hello.tar.gz'));
    await page.getByText('hello.tar.gz').waitFor();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('hello');
    await look('new-application');
    await button('Create and deploy to production').click();
    await page.waitForURL(`${portal}${application}/builds/1`);
    const log = page.getByRole('log', { name: 'Build log' });
    await log.getByText(/./).first().waitFor({ timeout: buildMilliseconds });
    await look('build');
    await page
      .getByText('Release 1 is live in production')
      .first()
      .waitFor({ timeout: buildMilliseconds + rolloutMilliseconds });
    await look('build-done');
  });

  test('the overview says that it is up, and its address answers', async () => {
    await waitForHealthy();
    await look('overview');
    const answer = await askGateway({ port: inject('gatewayPort'), url: await addressOfApplication() });
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('Hello from Slipway') });
  });

  test('its log is followed', async () => {
    await page.goto(`${portal}${application}/logs`);
    const log = page.getByRole('log', { name: 'Application log' });
    await log.waitFor();
    const url = await addressOfApplication();
    await eventually(async () => {
      await askGateway({ port: inject('gatewayPort'), url });
      expect(await log.locator('.log-line').count()).toBeGreaterThan(0);
    });
    await look('logs');
  });

  test('it is scaled', async () => {
    await page.goto(`${portal}${application}/scaling`);
    await page.getByLabel('Replicas', { exact: true }).fill('2');
    await page.getByText('Deployment/hello-web').waitFor();
    await look('scaling-plan');
    await button('Scale web to 2').click();
    await page.getByText('2 of 2 ready').waitFor({ timeout: rolloutMilliseconds });
    await look('scaling');
  });

  test('a change of config is shown before it is applied, and becomes a release', async () => {
    await page.goto(`${portal}${application}/config`);
    await button('Add variable').click();
    await page.getByLabel('Name', { exact: true }).last().fill('GREETING');
    await page.getByLabel('Value of GREETING').fill('hello');
    await button('Review 1 change').click();
    await dialog().getByText('GREETING').waitFor();
    await dialog().getByText('Deployment/hello-web').waitFor();
    await look('config-review');
    await dialog().getByRole('button', { name: 'Apply and roll out to production' }).click();
    await waitForHealthy();
    await page.goto(`${portal}${application}/releases`);
    await page.getByRole('table', { name: 'Releases' }).getByText('live').waitFor();
    await look('releases');
  });

  test('it is rolled back to the release before, after seeing what differs', async () => {
    await page.goto(`${portal}${application}/releases?release=1`);
    await dialog()
      .getByText(/What differs from release/)
      .waitFor();
    await look('release-diff');
    await dialog().getByRole('button', { name: 'Roll back production to release 1' }).click();
    await page.waitForURL(`${portal}${application}`);
    await page.locator('.app-head').getByText('release 1', { exact: true }).waitFor({ timeout: rolloutMilliseconds });
    await waitForHealthy();
    await look('rolled-back');
  });

  test('a personal token is shown once', async () => {
    await page.goto(`${portal}/me`);
    await button(/New token/).click();
    await dialog().getByLabel('Name', { exact: true }).fill(tenant);
    await dialog().getByRole('button', { name: 'Create token' }).click();
    await dialog()
      .getByText(/^slp_pat_/)
      .waitFor();
    await dialog().getByRole('button', { name: 'I have copied it' }).click();
    await page.reload();
    expect(await page.getByText(/^slp_pat_\w{30,}/).count()).toBe(0);
  });

  test.each(['', '/tenants', '/users', '/clusters', '/audit'])(
    'the admin console’s page %s is readable',
    async (path) => {
      await page.goto(`${portal}/admin${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await look(`admin${path.replace('/', '-')}`);
    },
  );

  test('in Chinese, dark and on a phone it is the same portal', async () => {
    await context.addCookies([
      { name: 'slipway_locale', value: 'zh', url: portal },
      { name: 'slipway_theme', value: 'dark', url: portal },
    ]);
    await page.setViewportSize({ width: 390, height: 844 });
    for (const tab of ['', '/releases', '/builds', '/logs', '/config', '/scaling', '/domains', '/settings']) {
      await page.goto(`${portal}${application}${tab}`);
      await page.getByRole('link', { name: '概览' }).first().waitFor();
      const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      expect(overflow, `${tab} fits a phone`).toBeLessThanOrEqual(0);
      await look(`zh-phone${tab.replace('/', '-')}`);
    }
  });

  test('what must be lost is typed: the application and the tenant are deleted', async () => {
    await page.setViewportSize({ width: 1280, height: 860 });
    await context.addCookies([{ name: 'slipway_locale', value: 'en', url: portal }]);
    await page.goto(`${portal}${application}/settings`);
    await button('Delete application').click();
    const confirm = dialog().getByRole('button', { name: 'Delete application hello' });
    expect(await confirm.isDisabled()).toBe(true);
    await dialog().getByRole('textbox').fill('hello');
    await confirm.click();
    await page.waitForURL(`${portal}/t/${tenant}/p/shop`);
    await page.goto(`${portal}/admin/tenants`);
    await button(`Delete tenant ${tenant}`).click();
    await dialog().getByRole('textbox').fill(tenant);
    await dialog()
      .getByRole('button', { name: `Delete tenant ${tenant}` })
      .click();
    await page.getByText(`Tenant ${tenant} is deleted`).waitFor();
  });
});

describe('the portal’s own door', () => {
  test('a change without the header is refused', async () => {
    const answer = await page.request.post(`${portal}/api/v1/tenants`, { data: { name: 'stranger' } });
    expect(answer.status()).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'csrf-header-missing' });
  });

  test('pages carry a policy with a nonce, and signing out ends the session', async () => {
    const answer = await page.request.get(`${portal}/me`);
    expect(answer.headers()['content-security-policy']).toMatch(/script-src 'self' 'nonce-\w{32}'/);
    await page.goto(`${portal}/me`);
    await button(/My account/).click();
    // The page has a list of sessions, each with such a button.
    await page.getByRole('banner').getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.waitForURL((url) => !url.pathname.startsWith('/me'));
    expect((await page.request.get(`${portal}/api/v1/me`)).status()).toBe(401);
  });
});
