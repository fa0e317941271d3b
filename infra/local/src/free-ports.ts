import { isPortFree, portOffsets } from '../bootstrap/ports.mjs';

/** The first port base at or after `from`, in steps of 100, whose ports are all free on loopback. */
export async function findFreePortBase(from: number): Promise<number> {
  for (let base = from; base < 32_000; base += 100) {
    const free = await Promise.all(Object.values(portOffsets).map((offset) => isPortFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`no hundred free ports between ${from} and 32000`);
}
