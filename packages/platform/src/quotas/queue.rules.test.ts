import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderWaits, positionsOf } from './queue.rules.js';

const wait = (id: string, isPool = false) => ({ id, tenantId: id.charAt(0), isPool });

describe('the queue', () => {
  it('takes the tenants in turn, and each tenant’s in their order', () => {
    const order = orderWaits([wait('a1'), wait('a2'), wait('a3'), wait('b1'), wait('c1'), wait('b2')]);
    expect(order.map(({ id }) => id)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('shows each its place: among its own, or among all who wait for the pool', () => {
    const positions = positionsOf([wait('a1'), wait('b1', true), wait('b2', true), wait('c1', true), wait('a2')]);
    expect(Object.fromEntries(positions)).toEqual({ a1: 1, a2: 2, b1: 1, c1: 2, b2: 3 });
  });

  it('starves nobody: whoever waits is served after those at most who came before him', () => {
    const steps = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'c', 'd'), fc.constant('serve' as const)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (acts) => {
        let waits: { id: string; tenantId: string; before: number; served: number }[] = [];
        for (const [index, act] of acts.entries())
          if (act !== 'serve') waits.push({ id: `${act}${index}`, tenantId: act, before: waits.length, served: 0 });
          else {
            const next = orderWaits(waits)[0];
            waits = waits.filter((wait) => wait !== next).map((wait) => ({ ...wait, served: wait.served + 1 }));
            // Of all the tenants' first ones the oldest of all is next: nobody is passed by one who came after.
            for (const wait of waits) expect(wait.served).toBeLessThanOrEqual(wait.before);
          }
      }),
    );
  });
});
