import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { addApplication } from './add-application.js';
import { eventually } from './eventually.js';
import { askGateway } from './gateway.js';
import { createToken } from './people.js';
import { ReleasePlace } from './release-place.js';
import { createScene, type Scene } from './scene.js';
import { checkout } from './slipway.js';

/** docs/samples/gray, which says which release answers, in a tenant of its own. */
export interface Gray {
  readonly scene: Scene;
  /** The owner's. */
  readonly token: string;
  readonly place: ReleasePlace;
  readonly url: string;
}

/** Deploys it as release 1, and waits until that answers. */
export async function deployGray(name: string): Promise<Gray> {
  const scene = await createScene(name);
  const url = await scene.slipway.run('deploy', join(checkout, 'docs/samples/gray'), '--create');
  const token = await createToken(scene.slipway);
  const place = new ReleasePlace(inject('apiUrl'), token, `${applicationsOf(scene)}/gray`);
  await untilItAnswers(url);
  return { scene, token, place, url };
}

/** Another application of the same image beside it, with one small pod: several fit on a small machine. Its release 1 answers. */
export async function addGray({ place }: Gray, name: string): Promise<Pick<Gray, 'place' | 'url'>> {
  const added = await addApplication(place, name);
  await untilItAnswers(added.url);
  return added;
}

const applicationsOf = ({ tenant, project }: Scene) => `/tenants/${tenant}/projects/${project}/applications`;

async function untilItAnswers(url: string): Promise<void> {
  const port = inject('gatewayPort');
  await eventually(async () => expect((await askGateway({ port, url })).body).toBe('1'));
}
