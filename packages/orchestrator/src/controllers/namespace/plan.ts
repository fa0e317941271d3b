import type { KubeObject, Namespace, ResourceType } from '../../kinds/index.js';
import { isDeleting } from '../../runtime/index.js';

/** What still lies in a namespace, by resource. */
export interface Content {
  readonly type: ResourceType;
  readonly objects: readonly KubeObject[];
}

export interface Observed {
  readonly namespace: Namespace;
  readonly contents: readonly Content[];
}

export type Action =
  | {
      readonly do: 'delete';
      readonly type: ResourceType;
      readonly name: string;
      readonly uid: string;
      readonly why: string;
    }
  | { readonly do: 'finalize'; readonly why: string };

export interface Plan {
  readonly actions: readonly Action[];
  /** Written to the condition NamespaceContentRemaining. */
  readonly remaining: string | undefined;
  readonly waitSeconds?: number;
}

export const finalizer = 'kubernetes';

/** Decides how a namespace that is being deleted gets empty. Pure. */
export function plan({ namespace, contents }: Observed): Plan {
  const isOurs = namespace.spec?.finalizers?.includes(finalizer) === true;
  if (!isDeleting(namespace) || !isOurs) return { actions: [], remaining: undefined };
  const filled = contents.filter(({ objects }) => objects.length > 0);
  if (filled.length === 0) return { actions: [{ do: 'finalize', why: 'nothing is left in it' }], remaining: undefined };
  const why = `namespace ${namespace.metadata.name} is being deleted`;
  const actions = filled.flatMap(({ type, objects }) =>
    objects
      .filter((object) => !isDeleting(object))
      .map(
        (object): Action => ({ do: 'delete', type, name: object.metadata.name, uid: object.metadata.uid ?? '', why }),
      ),
  );
  const remaining = filled
    .map(
      ({ type, objects }) =>
        `${type.plural}${type.group ? `.${type.group}` : '.'} has ${objects.length} resource instances`,
    )
    .join(', ');
  // Pods take their grace period, finalizers their owners: look again soon rather than watch every kind.
  return {
    actions,
    remaining: `Some resources are remaining: ${remaining}`,
    waitSeconds: actions.length > 0 ? 0.2 : 1,
  };
}
