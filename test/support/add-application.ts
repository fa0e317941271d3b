import type { ReleasePlace } from './release-place.js';

/** Creates an application of the image of docs/samples/gray beside that, with one small pod, and deploys its release 1. */
export async function addApplication(gray: ReleasePlace, name: string): Promise<{ place: ReleasePlace; url: string }> {
  const { image } = await gray.call<{ image: string }>('GET', '/releases/1');
  const place = gray.beside(name);
  const web = {
    port: 3000,
    replicas: 1,
    resources: { cpu: '50m', memory: '96Mi' },
    healthCheck: { path: '/healthz' },
  };
  await place.create({ source: { type: 'push' }, processes: { web } });
  const own = await place.takeImage(image);
  const { number } = await place.call<{ number: number }>('POST', '/releases', { image: own });
  await place.until(await place.rollOut(number, { type: 'rolling' }), 'healthy');
  const { items } = await place.call<{ items: { url: string }[] }>('GET', '/environments/production/domains');
  return { place, url: items[0]?.url ?? '' };
}
