import { cloneJson, type JsonObject, type KindDefinition, objectAt, objectsAt } from '../kinds/index.js';
import type { UpdateRequest } from './registry.js';

export function hasStatus(kind: KindDefinition): boolean {
  return kind.subresources.some((each) => each.name === 'status');
}

/** Takes a key away. Asked first: the deletion of a key that is not there costs the engine as much as one that is. */
export function drop(object: JsonObject, key: string): void {
  if (key in object) delete object[key];
}

/** A subresource changes its own part only, and the object itself never its status. */
export function restrictToPart(
  kind: KindDefinition,
  subresource: UpdateRequest['subresource'],
  draft: JsonObject,
  old: JsonObject,
): void {
  const keep = (field: string) => {
    if (old[field] === undefined) drop(draft, field);
    else draft[field] = cloneJson(old[field]);
  };
  switch (subresource) {
    case 'binding':
      return;
    case '':
      if (hasStatus(kind)) keep('status');
      if (kind.type.kind === 'Pod') {
        const spec = objectAt(draft, 'spec');
        const before = objectAt(old, 'spec').ephemeralContainers;
        if (before === undefined) delete spec.ephemeralContainers;
        else spec.ephemeralContainers = cloneJson(before);
      }
      return;
    case 'status': {
      for (const field of new Set([...Object.keys(old), ...Object.keys(draft)]))
        if (!['apiVersion', 'kind', 'metadata', 'status'].includes(field)) keep(field);
      const metadata = objectAt(draft, 'metadata');
      const before = objectAt(old, 'metadata');
      const kept = kind.isStructural
        ? ['ownerReferences', 'finalizers', 'labels', 'annotations']
        : ['ownerReferences', 'finalizers'];
      for (const field of kept) {
        if (before[field] === undefined) delete metadata[field];
        else metadata[field] = cloneJson(before[field]);
      }
      return;
    }
    case 'finalize': {
      const finalizers = objectAt(draft, 'spec').finalizers;
      keep('status');
      draft.spec = { ...objectAt(old, 'spec'), finalizers };
      return;
    }
    case 'approval': {
      const { conditions } = objectAt(draft, 'status');
      keep('spec');
      keep('status');
      draft.status = { ...objectAt(draft, 'status'), conditions };
      return;
    }
    case 'resize': {
      const wanted = objectAt(draft, 'spec');
      keep('spec');
      keep('status');
      for (const list of ['containers', 'initContainers'])
        for (const container of objectsAt(objectAt(draft, 'spec'), list)) {
          const asked = objectsAt(wanted, list).find((each) => each.name === container.name);
          if (asked?.resources !== undefined) container.resources = asked.resources;
          if (asked?.resizePolicy !== undefined) container.resizePolicy = asked.resizePolicy;
        }
      return;
    }
    case 'ephemeralcontainers': {
      const ephemeral = objectAt(draft, 'spec').ephemeralContainers;
      keep('spec');
      keep('status');
      objectAt(draft, 'spec').ephemeralContainers = ephemeral;
      return;
    }
  }
}
