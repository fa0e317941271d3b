import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import { checkout } from './slipway.js';

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

/** A page that loads also while pods come and go: Chromium drops a load when it sees the machine's addresses change. */
export async function openPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  const [goto, reload] = [page.goto.bind(page), page.reload.bind(page)];
  page.goto = (url, options) => again(() => goto(url, options));
  page.reload = (options) => again(() => reload(options));
  return page;
}

async function again<T>(load: () => Promise<T>): Promise<T> {
  for (let left = 5; ; left -= 1) {
    try {
      return await load();
    } catch (error) {
      if (left === 0 || !String(error).includes('ERR_NETWORK_CHANGED')) throw error;
      await delay(300);
    }
  }
}

/** A browser of this person's own, signed in to the portal. */
export async function signIn(
  browser: Browser,
  { username, password }: { readonly username: string; readonly password: string },
  options: Parameters<Browser['newContext']>[0] = { locale: 'en-US' },
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await openPage(context);
  await page.goto(`${inject('portalUrl')}/`);
  await page.locator('input[name="username"]').fill(username);
  await page.locator('input[name="password"]').fill(password);
  await page.locator('button[type="submit"], input[type="submit"]').first().click();
  await page.waitForURL(`${inject('portalUrl')}/**`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

/** For how long a page may be on its way from one look to the next: a colour half-way there is nobody's to read. */
const transitionMilliseconds = 2000;

/** What keeps a picture of a page as it is in test/artifacts/<folder>, and holds the page to WCAG. */
export function lookInto(folder: string): (page: Page, name: string) => Promise<void> {
  const pictures = join(checkout, 'test/artifacts', folder);
  mkdirSync(pictures, { recursive: true });
  return async (page, name) => {
    await page.screenshot({ path: join(pictures, `${name}.png`) });
    const until = performance.now() + transitionMilliseconds;
    let found = await findViolations(page);
    while (found.length > 0 && performance.now() < until) {
      await delay(250);
      found = await findViolations(page);
    }
    expect(found.join('\n'), `accessibility of ${name}`).toBe('');
  };
}

async function findViolations(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} (${failureSummary ?? ''})`),
  );
}
