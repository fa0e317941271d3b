import { askSupervisor } from '@slipway/local';
import { inject } from 'vitest';
import { eventually } from './eventually.js';

/** A first start makes the images that builds begin from in the background: waits until they are there. */
export async function untilBaseImagesAreMade(): Promise<void> {
  await eventually(async () => {
    const status = await askSupervisor(inject('home'), { do: 'status' });
    const images = status?.services.find(({ name }) => name === 'images');
    if (images && images.state !== 'done') throw new Error(`images: ${images.state} ${images.message ?? ''}`);
  }, 240);
}
