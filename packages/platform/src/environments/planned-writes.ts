import type { KubeClient } from '@slipway/orchestrator/client';
import type { KubeObject, ResourceType } from '@slipway/orchestrator/kinds';

/** Something that would be written. */
export interface PlannedWrite {
  readonly verb: 'create' | 'change' | 'delete';
  readonly type: ResourceType<KubeObject>;
  readonly name: string;
  readonly namespace: string | undefined;
  /** The object, or the patch of it. */
  readonly object: unknown;
}

/** A client that reads as `client` does and only notes what would be written: whatever is done with it is a plan. */
export function noteWrites(client: KubeClient): { client: KubeClient; writes: PlannedWrite[] } {
  const writes: PlannedWrite[] = [];
  const note = (write: PlannedWrite) => {
    writes.push(write);
  };
  const noting: KubeClient = {
    ...client,
    create: async (type, object) => {
      const { name = '', namespace } = object.metadata;
      note({ verb: 'create', type, name, namespace, object });
      return object;
    },
    update: async (type, object) => {
      const { name = '', namespace } = object.metadata;
      note({ verb: 'change', type, name, namespace, object });
      return object;
    },
    patch: async (type, name, namespace, patch) => {
      const existing = await client.find(type, name, namespace);
      note({ verb: existing ? 'change' : 'create', type, name, namespace, object: patch });
      return existing ?? Object(patch);
    },
    delete: async (type, name, namespace) => {
      note({ verb: 'delete', type, name, namespace, object: undefined });
    },
  };
  return { client: noting, writes };
}
