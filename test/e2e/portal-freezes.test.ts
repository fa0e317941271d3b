import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { callApi, createPerson } from '../support/people.js';
import { lookInto, signIn } from '../support/portal.js';
import { openPortalHello, type PortalHello } from '../support/portal-hello.js';
import type { Scene } from '../support/scene.js';
import { uniqueName } from '../support/slipway.js';

const portal = inject('portalUrl');
const stepMilliseconds = 60_000;

let scene: Scene;
let token: string;
let browser: Browser;
let page: Page;
let application: string;
let close: PortalHello['close'] | undefined;

beforeAll(async () => {
  ({ scene, token, browser, page, application, close } = await openPortalHello('freezes', 2));
  page.setDefaultTimeout(stepMilliseconds);
});
afterAll(() => close?.());

const lookAt = lookInto('portal-freezes');
const look = (name: string) => lookAt(page, name);
const button = (name: string) => page.getByRole('button', { name, exact: true });
const rollout = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: web }
spec:
  strategy:
    canary:
      steps:
        - setWeight: 5
        - pause: { duration: 5m }
`;

describe('freezes, plans, dry runs, promotions and invitations in the browser', () => {
  test('before a rollout begins the drawer says what it will do', async () => {
    await page.goto(`${portal}${application}/releases?release=1`);
    const plan = page.getByRole('region', { name: 'What it will do' });
    await plan.getByText('No approval is needed.').waitFor();
    await plan.getByText('Deployment/hello-web').waitFor();
    await look('plan');
  });

  test('a freeze is set, and seen on the application’s pages; what is new needs a reason', async () => {
    await page.goto(`${portal}/t/${scene.tenant}/freezes`);
    await button('New freeze').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('always');
    await dialog.getByLabel('Reason', { exact: true }).fill('The shop has its busiest day.');
    await dialog.getByLabel('Begins (cron)').fill('0 * * * *');
    await dialog.getByLabel('Lasts (hours)').fill('1');
    await look('new-freeze');
    await button('Create freeze').click();
    await page.getByRole('table', { name: 'Freezes' }).getByText('Frozen until').waitFor();
    await look('freezes');
    await page.goto(`${portal}${application}/releases?release=2`);
    await page.getByRole('status').getByText('The shop has its busiest day.').waitFor();
    const { status, body } = await callApi(
      token,
      'POST',
      `/tenants/${scene.tenant}/projects/${scene.project}/applications/hello/rollouts`,
      { environment: 'production', release: 1 },
    );
    expect([status, body]).toMatchObject([409, { code: 'rollout-frozen' }]);
  });

  test('a manifest of Argo Rollouts becomes a strategy, and is run dry on past traffic', async () => {
    await page.goto(`${portal}${application}/strategy`);
    await button('Import…').click();
    await page.getByRole('dialog').getByLabel('Manifest').fill(rollout);
    await button('Convert').click();
    await page.getByText('It becomes: Canary with 2 steps.').waitFor();
    await look('import');
    await button('Take it into the editor').click();
    await button('Run it dry').click();
    const steps = page.getByRole('table', { name: 'What each step would have met' });
    await steps.getByText('5 %', { exact: true }).first().waitFor();
    await steps.getByText('5m 0s').first().waitFor();
    await page.getByText('All steps take 5m 0s.').waitFor();
    await look('dry-run');
    await button('Edit as YAML or JSON').click();
    await page.getByLabel('The strategy as text').waitFor();
    expect(await page.getByLabel('The strategy as text').inputValue()).toContain('- setWeight: 5');
  });

  test('the freeze is put off; what cannot wait goes out with a reason that stands with it', async () => {
    await page.goto(`${portal}/t/${scene.tenant}/freezes`);
    await button('Edit freeze always').click();
    await page.getByRole('dialog').getByLabel('Reason', { exact: true }).fill('The shop has its busiest week.');
    await button('Save freeze').click();
    await page.getByText('The shop has its busiest week.').waitFor();
    const path = `/tenants/${scene.tenant}/projects/${scene.project}/applications/hello`;
    const config = `${path}/environments/production/config?apply=false`;
    await callApi(token, 'PATCH', config, { variables: { GREETING: 'again' } });
    const { body } = await callApi(token, 'POST', `${path}/releases`, {});
    expect(body).toMatchObject({ number: 3 });
    await page.goto(`${portal}${application}/releases?release=3`);
    const go = button('Release 3 to production');
    await page.getByLabel('Why it cannot wait for the end of the freeze').fill('The price is wrong.');
    await look('override');
    await go.click();
    await page.getByRole('link', { name: 'Open rollout' }).click();
    await page.getByText('The price is wrong.').waitFor();
    await page.getByText('Release 3 is live in production').waitFor();
  });

  test('the very release that runs is promoted to another environment', async () => {
    const project = `/tenants/${scene.tenant}/projects/${scene.project}`;
    await callApi(token, 'POST', `${project}/environments`, { name: 'staging', kind: 'staging' });
    await page.goto(`${portal}${application}`);
    await button('Promote…').click();
    await page.getByText('staging has no release yet.').waitFor();
    await page.getByRole('region', { name: 'What it will do' }).getByText('Deployment/hello-web').waitFor();
    await look('promotion');
    await button('Release 3 to staging').click();
    await page.getByText('Release 3 is live in staging').waitFor();
  });

  test('somebody is invited by a link, and joins with it', async () => {
    const { username, password, slipway } = await createPerson(uniqueName('guest'));
    await slipway.dispose();
    await page.goto(`${portal}/t/${scene.tenant}/access`);
    await button('Invite by mail').click();
    await page.getByRole('dialog').getByLabel('Mail address').fill(`${username}@example.test`);
    await button('Send invitation').click();
    const link = await page.getByRole('dialog').locator('pre').textContent();
    const guest = await signIn(browser, { username, password });
    await guest.goto(link ?? '');
    await guest.getByText(new RegExp(`invited to ${scene.tenant} with the role developer`, 'i')).waitFor();
    await guest.getByRole('button', { name: `Join ${scene.tenant}` }).click();
    await guest.waitForURL(`${portal}/t/${scene.tenant}`);
    await guest.context().close();
  });

  test('what a project sets its applications inherit, and may override', async () => {
    await page.goto(`${portal}/t/${scene.tenant}/p/${scene.project}/config`);
    const section = page.getByRole('region', { name: `Variables and secrets of project ${scene.project}` });
    await section.getByRole('button', { name: 'Add variable' }).click();
    await section.getByRole('textbox', { name: 'Name' }).fill('REGION');
    await section.getByRole('textbox', { name: 'Value of REGION' }).fill('eu');
    await section.getByRole('button', { name: 'Review 1 change' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('applications get this with their next release').waitFor();
    await dialog.getByRole('link', { name: `${scene.project}/hello · production` }).waitFor();
    await look('config-reach');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.goto(`${portal}${application}/config`);
    const inherited = page.getByRole('list', { name: 'Inherited' });
    await inherited.getByText(`project ${scene.project}`).waitFor();
    await look('config-inherited');
    await button('Override REGION').click();
    expect(await page.getByRole('textbox', { name: 'Value of REGION' }).inputValue()).toBe('eu');
  });
});
