import type { JsonObject } from '../../../kinds/index.js';
import type { Store, StoredObject } from '../../../store/index.js';
import { asJson } from '../../registry.js';

const resource = 'resourcequotas';

/**
 * The quotas of each namespace. They change with nearly every write in it, so this follows the store event by event
 * instead of being built anew.
 */
export class QuotaIndex {
  readonly #store: Store;
  #byNamespace: Map<string, Map<string, StoredObject>> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  of(namespace: string): JsonObject[] {
    const quotas = (this.#byNamespace ?? this.#read()).get(namespace);
    return quotas ? [...quotas.values()].map((each) => asJson(each.value)) : [];
  }

  #read(): Map<string, Map<string, StoredObject>> {
    const byNamespace = new Map<string, Map<string, StoredObject>>();
    const put = (object: StoredObject) => {
      const quotas = byNamespace.get(object.namespace) ?? new Map<string, StoredObject>();
      byNamespace.set(object.namespace, quotas.set(object.name, object));
    };
    for (const object of this.#store.list(resource)) put(object);
    this.#byNamespace = byNamespace;
    this.#store.watch(this.#store.revision, {
      resource,
      onEvents: (events) => {
        for (const { type, object } of events) {
          if (type !== 'DELETED') put(object);
          else if (
            byNamespace.get(object.namespace)?.delete(object.name) &&
            byNamespace.get(object.namespace)?.size === 0
          )
            byNamespace.delete(object.namespace);
        }
      },
      onReset: () => {
        this.#byNamespace = undefined;
      },
    });
    return byNamespace;
  }
}
