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
});
