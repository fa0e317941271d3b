import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestCluster, type TestCluster } from '../testing/index.js';
import { systemClock } from './clock.js';
import { startLeaderLease } from './leader-lease.js';

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
  }
}

async function eventually(check: () => void, seconds = 10): Promise<void> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

describe('a leader lease', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  });
  afterAll(() => cluster?.stop());

  it('lets one lead at a time, and the next at once when the first hands it back', async () => {
    const leading: string[] = [];
    let most = 0;
    const compete = (identity: string) =>
      startLeaderLease({
        client: cluster.client,
        clock: systemClock,
        name: 'test',
        identity,
        leaseSeconds: 2,
        lead: async (signal) => {
          leading.push(identity);
          most = Math.max(most, leading.length);
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
          leading.splice(leading.indexOf(identity), 1);
        },
      });
    const parts = ['a', 'b', 'c'].map(compete);
    await eventually(() => expect(leading.length).toBe(1));
    const first = leading[0];
    await parts[['a', 'b', 'c'].indexOf(first ?? '')]?.stop();
    await eventually(() => {
      expect(leading.length).toBe(1);
      expect(leading[0]).not.toBe(first);
    });
    for (const part of parts) await part.stop();
    expect(leading).toEqual([]);
    expect(most).toBe(1);
  });
});
