import {
  addQuantities,
  compareQuantities,
  type JsonObject,
  objectAt,
  objectsAt,
  parseExact,
  type Quantity,
} from '../../kinds/index.js';

export type Amounts = Map<string, Quantity>;

/** The amounts of a resource list; what is no quantity is left out, validation refuses it. */
export function amountsOf(list: JsonObject): Amounts {
  const amounts: Amounts = new Map();
  for (const [name, text] of Object.entries(list)) {
    const amount = typeof text === 'string' || typeof text === 'number' ? parseExact(text) : undefined;
    if (amount) amounts.set(name, amount);
  }
  return amounts;
}

export function addTo(sum: Amounts, more: Amounts): void {
  for (const [name, amount] of more) {
    const before = sum.get(name);
    sum.set(name, before ? addQuantities(before, amount) : amount);
  }
}

function raiseTo(sum: Amounts, least: Amounts): void {
  for (const [name, amount] of least) {
    const before = sum.get(name);
    if (!before || compareQuantities(before, amount) < 0) sum.set(name, amount);
  }
}

/**
 * What a pod claims at most at any time: its containers and side cars together, or one init container with the side cars
 * started before it; the pod's own resources where they are given; the overhead on top.
 */
export function podAmounts(spec: JsonObject, which: 'requests' | 'limits', withOverhead = true): Amounts {
  const of = (container: JsonObject) => amountsOf(objectAt(objectAt(container, 'resources'), which));
  const sum: Amounts = new Map();
  for (const container of objectsAt(spec, 'containers')) addTo(sum, of(container));
  const sideCars: Amounts = new Map();
  const initial: Amounts = new Map();
  for (const container of objectsAt(spec, 'initContainers')) {
    const own = of(container);
    if (container.restartPolicy === 'Always') {
      addTo(sum, own);
      addTo(sideCars, own);
      raiseTo(initial, sideCars);
    } else {
      addTo(own, sideCars);
      raiseTo(initial, own);
    }
  }
  raiseTo(sum, initial);
  for (const [name, amount] of of(spec)) sum.set(name, amount);
  if (!withOverhead) return sum;
  const overhead = amountsOf(objectAt(spec, 'overhead'));
  // Where nothing is limited, the overhead does not become a limit.
  for (const [name, amount] of overhead)
    if (which === 'requests' || sum.has(name)) addTo(sum, new Map([[name, amount]]));
  return sum;
}
