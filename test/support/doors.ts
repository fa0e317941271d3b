import type { Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import { eventually } from './eventually.js';
import { addGray, type Gray } from './gray.js';
import type { ReleasePlace, ShownRollout } from './release-place.js';
import type { Scene } from './scene.js';

/** A strategy as a person asks for it, whichever way he goes. */
export interface Asked {
  readonly type: 'rolling' | 'recreate' | 'blueGreen' | 'canary' | 'abTest' | 'mirror';
  readonly strategy: object;
  /** As the portal's editor calls what it begins with; without one it is written in the form. */
  readonly preset?: string;
}

/** One of the ways to release an application: each command goes that way alone. The state is read where that way shows it. */
export interface Door {
  readonly name: 'api' | 'cli' | 'browser';
  readonly url: string;
  readonly place: ReleasePlace;
  setStrategy(asked: Asked): Promise<void>;
  /** Begins to roll out a new release of that version. */
  rollOut(version: string): Promise<void>;
  /** Waits until the newest rollout shows as that. */
  until(state: 'paused' | 'healthy' | 'aborted'): Promise<void>;
  promote(isFull: boolean): Promise<void>;
  abort(): Promise<void>;
  retry(): Promise<void>;
}

export const openDoors = (gray: Gray, page: Page): Promise<readonly Door[]> =>
  Promise.all([openApi(gray), openCli(gray), openBrowser(gray, page)]);

export async function newestOf(place: ReleasePlace): Promise<ShownRollout> {
  const { items } = await place.call<{ items: ShownRollout[] }>('GET', '/rollouts?limit=1');
  const [newest] = items;
  if (!newest) throw new Error('there is no rollout');
  return newest;
}

async function openApi(gray: Gray): Promise<Door> {
  const { place, url } = await addGray(gray, 'api');
  let id = '';
  return {
    name: 'api',
    place,
    url,
    setStrategy: ({ strategy }) => place.call('PUT', '/environments/production/strategy', { strategy }),
    rollOut: async (version) => {
      id = await place.rollOut(await place.release(version));
    },
    until: async (state) => void (await place.until(id, state)),
    promote: async (full) => void (await place.act(id, 'promote', { full })),
    abort: async () => void (await place.act(id, 'abort')),
    retry: async () => {
      ({ id } = await place.act(id, 'retry'));
    },
  };
}

async function openCli(gray: Gray): Promise<Door> {
  const { place, url } = await addGray(gray, 'cli');
  const { slipway } = gray.scene;
  const { image } = await place.call<{ image: string }>('GET', '/releases/1');
  const rollouts = (...words: string[]) => slipway.run('rollouts', ...words, '--app', 'cli');
  return {
    name: 'cli',
    place,
    url,
    setStrategy: async ({ strategy }) => {
      const words = ['strategy', 'set', '-f', '-', '--app', 'cli'];
      const { exit, stderr } = await slipway.try(words, { stdin: JSON.stringify(strategy) });
      expect(exit, stderr).toBe(0);
    },
    rollOut: async (version) => {
      await slipway.run('config', 'set', `VERSION=${version}`, '--app', 'cli', '--no-apply');
      await slipway.run('deploy', '--image', image, '--app', 'cli', '--no-wait');
    },
    until: async (state) => {
      if (state === 'paused') {
        const shown = async () => expect(await rollouts('status')).toMatch(/state:? +paused/);
        return eventually(shown, 120);
      }
      const { exit, stdout, stderr } = await slipway.try(['rollouts', 'status', '-w', '--app', 'cli']);
      // Who follows a rollout is told by the exit status that it did not go through.
      expect(exit === 0, stderr).toBe(state === 'healthy');
      expect(`${stdout}${stderr}`).toContain(state);
    },
    promote: async (isFull) => void (await rollouts('promote', ...(isFull ? ['--full'] : []))),
    abort: async () => void (await rollouts('abort')),
    retry: async () => void (await rollouts('retry')),
  };
}

const patienceSeconds = 120;

async function openBrowser(gray: Gray, page: Page): Promise<Door> {
  const { place, url } = await addGray(gray, 'browser');
  const application = `${inject('portalUrl')}${portalPathOf(gray.scene)}`;
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  let release = 0;
  const shown = () => page.getByRole('region', { name: `Rollout of release ${release} to production` });
  const says = {
    paused: () => shown().getByText(/^Pauses (until somebody promotes it\.|for )/),
    healthy: () => shown().getByText(/Healthy$/),
    aborted: () => shown().getByText(/Aborted$/),
  };
  return {
    name: 'browser',
    place,
    url,
    setStrategy: async ({ type, preset }) => {
      const inForce = await place.call<{ strategy: Asked }>('GET', '/environments/production/strategy');
      // What is in force already cannot be saved.
      if (inForce.strategy.type === type) return;
      await page.goto(`${application}/strategy`);
      if (preset) await button(preset).click();
      else {
        await page.getByLabel('Kind', { exact: true }).selectOption('canary');
        await button('Traffic').click();
        await page.getByLabel('Percent of the traffic (1)').fill('10');
        await button('Pause').click();
      }
      // What the choice shows may still move the button.
      await eventually(async () => {
        if (await button('Save for production').isVisible()) await button('Save for production').click();
        await page.getByText('The strategy of production is saved').waitFor({ timeout: 5_000 });
      });
    },
    rollOut: async (version) => {
      release = await place.release(version);
      await page.goto(`${application}/releases?release=${release}`);
      await button(`Release ${release} to production`).click();
      await page.waitForURL(application);
      await page.getByRole('link', { name: 'Open rollout' }).click();
      await page.waitForURL(`${application}/rollouts/*`);
    },
    until: (state) =>
      eventually(async () => {
        try {
          await says[state]().waitFor({ timeout: 20_000 });
        } catch (error) {
          await page.goto(page.url());
          throw error;
        }
      }, patienceSeconds),
    promote: (isFull) => button(isFull ? 'Promote fully' : 'Promote one step').click(),
    abort: async () => {
      await button('Abort').click();
      await page
        .getByRole('dialog')
        .getByText(/goes back to release \d+ at once/)
        .waitFor();
      await button('Abort and go back').click();
    },
    retry: async () => {
      await page.getByRole('button', { name: 'Try again', disabled: false }).click();
      await page.getByRole('link', { name: 'To the new rollout' }).click();
    },
  };
}

const portalPathOf = ({ tenant, project }: Scene) => `/t/${tenant}/p/${project}/e/production/a/browser`;
