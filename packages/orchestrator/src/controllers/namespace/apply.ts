import { isConflict, isNotFound, type KubeClient } from '../../client/index.js';
import { type Namespace, namespaces } from '../../kinds/index.js';
import { type Action, finalizer } from './plan.js';

/** Performs one action; doing it again changes nothing. */
export async function apply(action: Action, namespace: Namespace, client: KubeClient): Promise<void> {
  const { name } = namespace.metadata;
  switch (action.do) {
    case 'delete': {
      const options = { uid: action.uid, propagationPolicy: 'Background' as const };
      await client.delete(action.type, action.name, name, options).catch((error: unknown) => {
        // Gone, or replaced by another object, which the next look will see.
        if (!isNotFound(error) && !isConflict(error)) throw error;
      });
      return;
    }
    case 'finalize': {
      const finalizers = (namespace.spec?.finalizers ?? []).filter((item) => item !== finalizer);
      const next = { ...namespace, spec: { ...namespace.spec, finalizers } };
      await client.update(namespaces, next, { subresource: 'finalize' }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
      return;
    }
    default:
      return action satisfies never;
  }
}
