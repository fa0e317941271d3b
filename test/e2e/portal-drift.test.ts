import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { callApi, createPerson, type Person } from '../support/people.js';
import { lookInto, signIn } from '../support/portal.js';
import { openPortalHello, type PortalHello } from '../support/portal-hello.js';
import type { Scene } from '../support/scene.js';
import { uniqueName } from '../support/slipway.js';

const portal = inject('portalUrl');
const stepMilliseconds = 60_000;

let scene: Scene;
let viewer: Person;
let token: string;
let browser: Browser;
let page: Page;
let application: string;
let namespace: string;
let close: PortalHello['close'] | undefined;

beforeAll(async () => {
  ({ scene, token, browser, page, application, close } = await openPortalHello('drift', 1));
  page.setDefaultTimeout(stepMilliseconds);
  viewer = await createPerson(uniqueName('viewer'));
  await callApi(token, 'POST', `/tenants/${scene.tenant}/members`, { username: viewer.username, role: 'viewer' });
  const path = `/tenants/${scene.tenant}/projects/${scene.project}/environments/production`;
  namespace = ((await callApi(token, 'GET', path)).body as { namespace: string }).namespace;
});
afterAll(async () => {
  await viewer?.slipway.dispose();
  await close?.();
});

const look = lookInto('portal-drift');
const button = (name: string) => page.getByRole('button', { name, exact: true });
const deployment = () => `/k8s/clusters/embedded/apis/apps/v1/namespaces/${namespace}/deployments/hello-web`;

/** As kubectl does, by the owner. */
async function kube(method: string, body?: object): Promise<{ spec: { replicas: number; paused?: boolean } }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/merge-patch+json' };
  const answer = await fetch(`${inject('apiUrl')}${deployment()}`, { method, headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { spec: { replicas: number; paused?: boolean } };
}

describe('drift in the browser', () => {
  test('what somebody changed by hand is found: its field, both values, and who wrote it', async () => {
    await kube('PATCH', { spec: { replicas: 3, paused: true } });
    await page.goto(`${portal}${application}/drift`);
    await button('Look now').click();
    const object = page.getByRole('region', { name: 'Deployment/hello-web' });
    await object.getByText('spec.replicas').waitFor();
    await object.getByText('spec.paused').waitFor();
    await object.getByText(`last written with kubectl by ${scene.username}`).waitFor();
    await look(page, 'found');
  });

  test('one part of it is let be, with a reason; the overview tells of the rest', async () => {
    await button('Let it be…').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Deployment/hello-web spec.paused').uncheck();
    await dialog.getByLabel('Reason').fill('more pods for the sale');
    await look(page, 'accept');
    await dialog.getByRole('button', { name: 'Let 1 difference be' }).click();
    await page.getByText('more pods for the sale').waitFor();
    await page.goto(`${portal}${application}`);
    await page.getByText('1 difference made by hand').waitFor();
    await look(page, 'banner');
    await page.getByRole('link', { name: 'See what was changed' }).click();
  });

  test('the rest is put back once it was said what is overwritten', async () => {
    await button('Put 1 difference back…').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('list', { name: 'What is overwritten' }).getByText('spec.paused').waitFor();
    await look(page, 'heal');
    await dialog.getByRole('button', { name: 'Overwrite 1 difference' }).click();
    await page.getByText('Changed by hand, and let be').waitFor();
    expect((await kube('GET')).spec).toMatchObject({ replicas: 3 });
    expect((await kube('GET')).spec.paused ?? false).toBe(false);
  });

  test('from now on it is put back by itself, where the application says so', async () => {
    await page.getByLabel('hello in production').selectOption('heal');
    await page.getByRole('dialog').getByRole('button', { name: 'Put it back by itself' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    const path = `/tenants/${scene.tenant}/projects/${scene.project}/applications/hello/environments/production/drift`;
    expect((await callApi(token, 'GET', path)).body).toMatchObject({ policy: 'heal', policyFrom: 'application' });
  });

  test('who may only look is offered nothing else', async () => {
    const other = await signIn(browser, viewer);
    await other.goto(`${portal}${application}/drift`);
    await other.getByText('need the permission rollouts:write').waitFor();
    await other.getByRole('region', { name: 'Deployment/hello-web' }).waitFor();
    for (const name of [/^Put /, /^Let /]) expect(await other.getByRole('button', { name }).count()).toBe(0);
    expect(await other.getByRole('combobox').count()).toBe(0);
    await look(other, 'viewer');
    await other.context().close();
  });
});

describe('acting in another’s name, in the browser', () => {
  test('an administrator does with a reason, and the one whose name it is reads it', async () => {
    const admin = await signIn(browser, { username: 'admin', password: inject('adminPassword') });
    admin.setDefaultTimeout(stepMilliseconds);
    await admin.goto(`${portal}/admin/users`);
    await admin.getByLabel('Search in Users').fill(scene.username);
    await admin.getByRole('button', { name: `Act as… ${scene.username}` }).click();
    const dialog = admin.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('Ticket 4711');
    await look(admin, 'act-as');
    await dialog.getByRole('button', { name: `Act as ${scene.username}` }).click();
    await dialog.getByText('The token is shown this once.').waitFor();
    const made = (await dialog.locator('pre').first().textContent()) ?? '';
    expect((await callApi(made, 'GET', '/me')).body).toMatchObject({ username: scene.username, impersonator: 'admin' });
    await look(admin, 'acting');
    await page.goto(`${portal}/me`);
    await page.getByRole('region', { name: 'Who acted in my name' }).getByText('Ticket 4711').waitFor();
    await look(page, 'told');
    await page.getByRole('button', { name: /^Notifications, / }).click();
    await page.getByText('admin acts in your name (15 min): Ticket 4711').waitFor();
    await look(page, 'bell');
    await dialog.getByRole('button', { name: `Stop acting as ${scene.username}` }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect((await callApi(made, 'GET', '/me')).status).toBe(401);
    await admin.context().close();
  });
});
