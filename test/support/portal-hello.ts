import type { Browser, Page } from 'playwright-core';
import { deployHello } from './hello.js';
import { createToken } from './people.js';
import { launchBrowser, signIn } from './portal.js';
import { createScene, type Scene } from './scene.js';

/** The owner of a tenant with docs/samples/hello, signed in to the portal. */
export interface PortalHello {
  readonly scene: Scene;
  /** The owner's. */
  readonly token: string;
  readonly browser: Browser;
  readonly page: Page;
  /** The application's page, after the portal's address. */
  readonly application: string;
  close(): Promise<void>;
}

/** With so many releases of it, in production. */
export async function openPortalHello(name: string, releases: number): Promise<PortalHello> {
  const scene = await createScene(name);
  const token = await createToken(scene.slipway);
  await deployHello(scene.slipway, releases);
  const browser = await launchBrowser();
  const close = async () => {
    await browser.close();
    await scene.dispose();
  };
  const application = `/t/${scene.tenant}/p/${scene.project}/e/production/a/hello`;
  return { scene, token, browser, page: await signIn(browser, scene), application, close };
}
