import { expect, it } from 'vitest';
import { checkWithin } from './health.js';

it('gives up what does not heed that its time is over', async () => {
  await expect(checkWithin(() => new Promise(() => undefined), 0.01)).rejects.toThrow('no answer within 0.01 s');
});

it('says what was seen instead of an answer', async () => {
  const refuse = () => Promise.reject(new Error('connection refused'));
  await expect(checkWithin(refuse, 5)).rejects.toThrow('connection refused');
});
