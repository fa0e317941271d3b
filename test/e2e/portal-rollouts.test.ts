import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { callApi } from '../support/people.js';
import { lookInto } from '../support/portal.js';
import { openPortalHello, type PortalHello } from '../support/portal-hello.js';
import type { Scene } from '../support/scene.js';

const portal = inject('portalUrl');
const stepMilliseconds = 120_000;

let scene: Scene;
let token: string;
let page: Page;
let application: string;
let close: PortalHello['close'] | undefined;

beforeAll(async () => {
  ({ scene, token, page, application, close } = await openPortalHello('rollouts', 2));
});
afterAll(() => close?.());

const lookAt = lookInto('portal-rollouts');
const look = (name: string) => lookAt(page, name);
const button = (name: string) => page.getByRole('button', { name, exact: true });
const traffic = (release: number) => page.getByRole('meter', { name: `Traffic of release ${release} in percent` });
const path = () => `/tenants/${scene.tenant}/projects/${scene.project}/applications/hello`;

/** Starts a rollout past the browser, as a pipeline would. */
async function rollOut(release: number): Promise<string> {
  const { status, body } = await callApi(token, 'POST', `${path()}/rollouts`, { environment: 'production', release });
  expect(status).toBe(202);
  return (body as { id: string }).id;
}

describe('gray releases in the browser', () => {
  test('a canary is written in the editor; what is wrong stands at its step', async () => {
    await page.goto(`${portal}${application}/strategy`);
    await page.getByLabel('Kind', { exact: true }).selectOption('canary');
    await page.getByRole('button', { name: 'Traffic', exact: true }).click();
    const weight = page.getByLabel('Percent of the traffic (1)');
    await weight.fill('200');
    await page.getByRole('alert').getByText('0 to 100, to a tenth.').waitFor();
    expect(await button('Save for production').isDisabled()).toBe(true);
    await weight.fill('20');
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('region', { name: 'What changes' }).getByText('canary').waitFor();
    await look('strategy-edited');
  });

  test('unsaved changes are not lost to a click', async () => {
    page.once('dialog', (dialog) => void dialog.dismiss());
    await page.getByRole('link', { name: 'Scaling', exact: true }).click();
    expect(new URL(page.url()).pathname).toBe(`${application}/strategy`);
    await button('Save for production').click();
    await page.getByText('The strategy of production is saved').waitFor();
    const { body } = await callApi(token, 'GET', `${path()}/environments/production/strategy`);
    expect(body).toMatchObject({ strategy: { type: 'canary', steps: [{ setWeight: 20 }, { pause: {} }] } });
  });

  test('somebody else’s change is neither lost nor overwritten unseen', async () => {
    await page.getByLabel('Percent of the traffic (1)').fill('30');
    const strategy = { type: 'canary', steps: [{ setWeight: 10 }, { pause: {} }] };
    await callApi(token, 'PUT', `${path()}/environments/production/strategy`, { strategy });
    await page.getByText('Somebody changed the strategy while you were editing.').waitFor();
    await look('strategy-conflict');
    await button('Take theirs').click();
    expect(await page.getByLabel('Percent of the traffic (1)').inputValue()).toBe('10');
  });

  // Each strategy to its end, promoted, aborted and tried again: strategies.test.ts.
  test('a rollout is watched to its pause, held, and goes on', async () => {
    const id = await rollOut(1);
    await page.goto(`${portal}${application}/rollouts/${id}`);
    await page.getByText('Pauses until somebody promotes it.').waitFor({ timeout: stepMilliseconds });
    expect(await traffic(1).getAttribute('aria-valuenow')).toBe('10');
    await page.getByRole('table', { name: 'Pods of release 1' }).getByText('Ready').first().waitFor();
    await page.getByRole('table', { name: 'Pods of release 2' }).getByText('Ready').first().waitFor();
    await look('rollout-paused');
    await button('Pause').click();
    await page.getByText(/Held by an operator/).waitFor({ timeout: stepMilliseconds });
    await button('Resume').click();
    await page.getByText('Pauses until somebody promotes it.').waitFor({ timeout: stepMilliseconds });
  });

  test('in Chinese, dark and on a phone the pages fit', async () => {
    await page.context().addCookies([
      { name: 'slipway_locale', value: 'zh', url: portal },
      { name: 'slipway_theme', value: 'dark', url: portal },
    ]);
    await page.setViewportSize({ width: 390, height: 844 });
    for (const [name, address] of [
      ['rollout', page.url()],
      ['strategy', `${portal}${application}/strategy`],
    ] as const) {
      await page.goto(address);
      await page.getByRole('link', { name: '发布策略' }).first().waitFor();
      const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      expect(overflow, `${name} fits a phone`).toBeLessThanOrEqual(0);
      await look(`zh-phone-${name}`);
    }
  });
});
