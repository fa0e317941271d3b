import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { askGateway } from '../support/gateway.js';
import { createPerson } from '../support/people.js';
import { launchBrowser, lookInto, signIn } from '../support/portal.js';
import { checkout, uniqueName } from '../support/slipway.js';

const portal = inject('portalUrl');
const look = lookInto(join('onboarding', inject('keycloak') ? 'keycloak' : 'built-in'));
const tenant = uniqueName('shop');
const runMilliseconds = 240_000;

let folder: string;
let browser: Browser;
let asker: Page;
let approver: Page;

// No Keycloak could be had, and so no platform with one.
const hasPlatform = inject('keycloak') !== undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-onboarding-'));
  execFileSync('tar', ['-czf', join(folder, 'hello.tar.gz'), '-C', join(checkout, 'docs/samples/hello'), '.']);
  browser = await launchBrowser();
  const one = await createPerson(uniqueName('asker'));
  const two = await createPerson(uniqueName('approver'), { approver: true });
  asker = await signIn(browser, one, { locale: 'en-US' });
  approver = await signIn(browser, two, { locale: 'zh-CN', colorScheme: 'dark' });
  await Promise.all([one.slipway.dispose(), two.slipway.dispose()]);
});
afterAll(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

describe.runIf(hasPlatform)('a new tenant in two browsers', () => {
  test('somebody without a tenant asks for one, and is told that it waits', async () => {
    await look(asker, 'nothing-yet');
    await asker.getByRole('button', { name: 'Ask for a tenant' }).first().click();
    const dialog = asker.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill(tenant);
    await dialog.getByLabel('Purpose').fill('Sells things.');
    await dialog.getByLabel('First project').fill('shop');
    await look(asker, 'asking');
    await dialog.getByRole('button', { name: `Ask for the tenant ${tenant}` }).click();
    await asker.waitForURL(/\/requests\/[^/]+\/setup/);
    await asker.getByText('Nothing is set up until the request is approved.').waitFor();
    await look(asker, 'waiting');
  });

  test('an approver finds it, reads what changes, and consents', async () => {
    await approver.goto(`${portal}/requests?view=to-decide`);
    await approver.getByRole('button', { name: new RegExp(tenant) }).click();
    const drawer = approver.getByRole('dialog');
    await drawer.getByText('Sells things.').first().waitFor();
    await look(approver, 'deciding');
    await drawer.getByRole('button', { name: '批准' }).click();
    await drawer.getByText('已批准').first().waitFor();
    await look(approver, 'decided');
  });

  test('the asker sees each step, and opens the tenant', async () => {
    const open = asker.getByRole('link', { name: `Open ${tenant}` });
    await open.waitFor({ timeout: 30_000 });
    await look(asker, 'set-up');
    await open.click();
    await asker.waitForURL(`${portal}/t/${tenant}`);
    await asker.getByText('shop').first().waitFor();
    await look(asker, 'tenant');
  });

  test('an application runs in it', async () => {
    await asker.goto(`${portal}/t/${tenant}/new?project=shop`);
    await asker.getByTestId('archive-file').setInputFiles(join(folder, 'hello.tar.gz'));
    await asker.getByText('hello.tar.gz').waitFor();
    await asker.getByRole('button', { name: 'Create and deploy to production' }).click();
    await asker.getByText('Release 1 is live in production').first().waitFor({ timeout: runMilliseconds });
    await asker.goto(`${portal}/t/${tenant}/p/shop/e/production/a/hello`);
    const url = (await asker.getByRole('link', { name: 'Open', exact: true }).getAttribute('href')) ?? '';
    const answer = await askGateway({ port: inject('gatewayPort'), url });
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('Hello from Slipway') });
    await look(asker, 'application');
  });
});
