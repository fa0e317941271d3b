import { setTimeout as delay } from 'node:timers/promises';

/** Looks until `look` does not throw, and answers what it answered; throws its last error after `seconds`. */
export async function eventually<T>(look: () => Promise<T> | T, seconds = 30): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}
