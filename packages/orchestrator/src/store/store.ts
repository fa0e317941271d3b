import type { Store, StoreOptions } from './contract.js';
import { PostgresStore } from './postgres-store.js';

/** Opens the store; resolves when the state has been read. */
export async function createStore(options: StoreOptions): Promise<Store> {
  const store = new PostgresStore(options);
  await store.open();
  return store;
}
