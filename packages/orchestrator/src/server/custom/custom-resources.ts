import { isSame, type JsonObject, type KindDefinition, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import type { KindSource } from '../catalog.js';
import { derived } from '../derived.js';
import { asJson } from '../registry.js';
import { HookCaller } from '../webhooks/call.js';
import { conversionHook } from './conversion-hook.js';
import { customKindsOf } from './custom-kind.js';

export const definitionsKey = 'apiextensions.k8s.io/customresourcedefinitions';

interface Known {
  spec: JsonObject;
  names: JsonObject;
  storedVersions: JsonObject[string];
  isTerminating: boolean;
  kinds: readonly KindDefinition[];
}

/** The kinds of every established CustomResourceDefinition in the store. */
export function customResources(store: Store): KindSource & { close(): void } {
  const caller = new HookCaller(store);
  let known = new Map<string, Known>();
  const all = derived(store, [definitionsKey], () => {
    const next = new Map<string, Known>();
    for (const stored of store.list(definitionsKey)) {
      const definition = asJson(stored.value);
      if (!isConditionTrue(definition, 'Established')) continue;
      const uid = stringAt(objectAt(definition, 'metadata'), 'uid');
      next.set(uid, reuse(known.get(uid), definition, caller));
    }
    known = next;
    return [...next.values()].flatMap((each) => each.kinds);
  });
  return { version: () => store.version(definitionsKey), kinds: all, close: () => caller.close() };
}

/** A change of the conditions alone makes no new kind: what is kept of a kind elsewhere stays good. */
function reuse(known: Known | undefined, definition: JsonObject, caller: HookCaller): Known {
  const now = {
    spec: objectAt(definition, 'spec'),
    names: objectAt(objectAt(definition, 'status'), 'acceptedNames'),
    storedVersions: objectAt(definition, 'status').storedVersions,
    isTerminating: objectAt(definition, 'metadata').deletionTimestamp !== undefined,
  };
  const isKept =
    known?.isTerminating === now.isTerminating &&
    isSame(known.spec, now.spec) &&
    isSame(known.names, now.names) &&
    isSame(known.storedVersions, now.storedVersions);
  return isKept ? known : { ...now, kinds: customKindsOf(definition, conversionHook(definition, caller)) };
}

export function isConditionTrue(definition: JsonObject, type: string): boolean {
  return objectsAt(objectAt(definition, 'status'), 'conditions').some(
    (each) => each.type === type && each.status === 'True',
  );
}
