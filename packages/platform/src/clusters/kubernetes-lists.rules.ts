/** A list, or a Table of one, as an API server answers it. */
export interface ListAnswer {
  readonly kind?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly items?: readonly unknown[];
  readonly rows?: readonly unknown[];
  readonly [field: string]: unknown;
}

const emptyTable: ListAnswer = {
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  metadata: {},
  columnDefinitions: [],
  rows: [],
};
const emptyList: ListAnswer = { kind: 'List', apiVersion: 'v1', metadata: {}, items: [] };

/**
 * One list of the lists of several namespaces, in their order. It has no resource version and no continuation: nobody can
 * watch or page on from where several namespaces stood.
 */
export function mergeLists(lists: readonly ListAnswer[], isTable: boolean): ListAnswer {
  const [first = isTable ? emptyTable : emptyList] = lists;
  const content = isTable
    ? { rows: lists.flatMap((list) => list.rows ?? []) }
    : { items: lists.flatMap((list) => list.items ?? []) };
  return { ...first, metadata: {}, ...content };
}

/** `/apis/apps/v1/deployments` → `/apis/apps/v1/namespaces/shop/deployments`; the whole at once, without pages. */
export function toNamespacedPath(path: string, namespace: string): string {
  const [plain = '', search] = path.split('?');
  const at = plain.replace(/\/+$/, '').lastIndexOf('/');
  const query = new URLSearchParams(search);
  for (const name of ['limit', 'continue', 'resourceVersion', 'resourceVersionMatch', 'watch']) query.delete(name);
  const text = query.size > 0 ? `?${query}` : '';
  return `${plain.slice(0, at)}/namespaces/${namespace}${plain.slice(at).replace(/\/+$/, '')}${text}`;
}

/** The namespace that a question about oneself (SelfSubjectAccessReview, …RulesReview) is about. */
export function findReviewedNamespace(body: string): string | undefined {
  try {
    const review: unknown = JSON.parse(body);
    const spec = at(review, 'spec');
    const namespace = at(spec, 'namespace') ?? at(at(spec, 'resourceAttributes'), 'namespace');
    return typeof namespace === 'string' && namespace !== '' ? namespace : undefined;
  } catch {
    return undefined;
  }
}

const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
