import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { eventually } from './eventually.js';
import { askGateway } from './gateway.js';
import { createToken } from './people.js';
import { ReleasePlace } from './release-place.js';
import { createScene, type Scene } from './scene.js';
import { checkout } from './slipway.js';

/** docs/samples/gray, which says which release answers, in a tenant of its own. */
export interface Gray {
  readonly scene: Scene;
  readonly place: ReleasePlace;
  readonly url: string;
}

/** Deploys it as release 1, and waits until that answers. */
export async function deployGray(name: string): Promise<Gray> {
  const scene = await createScene(name);
  const url = await scene.slipway.run('deploy', join(checkout, 'docs/samples/gray'), '--create');
  const token = await createToken(scene.slipway);
  const place = new ReleasePlace(
    inject('apiUrl'),
    token,
    `/tenants/${scene.tenant}/projects/${scene.project}/applications/gray`,
  );
  const port = inject('gatewayPort');
  await eventually(async () => expect((await askGateway({ port, url })).body).toBe('1'));
  return { scene, place, url };
}
