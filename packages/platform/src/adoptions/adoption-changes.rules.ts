import type { AdoptionChange } from './adoptions.rules.js';

interface Write {
  readonly verb: 'create' | 'change' | 'delete';
  readonly type: { readonly kind: string; readonly plural: string };
  readonly name: string;
  readonly object: unknown;
}

/** Of many alike, their names in one line say more than a line each. */
const mostLines = 3;

/**
 * What the writes come to, for a person: labels of the namespace one by one, objects by kind and name. `limited` are the resources
 * that the tenant or project has limits of, and that a ResourceQuota will carry.
 */
export function toChanges(
  writes: readonly Write[],
  current: Readonly<Record<string, string>>,
  limited: readonly string[],
): AdoptionChange[] {
  const labels = new Map<string, string>();
  for (const { type, object } of writes)
    if (type.plural === 'namespaces')
      for (const [key, value] of Object.entries(labelsIn(object))) labels.set(key, String(value));
  const ofLabels = [...labels]
    .filter(([key, value]) => current[key] !== value)
    .map(([key, after]) => ({ path: `labels/${key}`, before: current[key] ?? null, after }));
  const quota = { path: 'ResourceQuota/slipway-quota', before: null, after: limited.join(', ') };
  const objects = writes.filter(({ type }) => type.plural !== 'namespaces');
  return [...ofLabels, ...toObjectChanges(objects), ...(limited.length > 0 && !hasQuota(objects) ? [quota] : [])];
}

function toObjectChanges(writes: readonly Write[]): AdoptionChange[] {
  const kinds = [...new Set(writes.map(({ type }) => type.kind))];
  return kinds.flatMap((kind) => {
    const alike = writes.filter(({ type }) => type.kind === kind);
    if (alike.length <= mostLines) return alike.map(toChange);
    return [{ path: kind, before: null, after: alike.map(({ name }) => name).join(', ') }];
  });
}

const toChange = ({ verb, type, name, object }: Write): AdoptionChange => ({
  path: `${type.kind}/${name}`,
  before: verb === 'create' ? null : 'stands',
  after: verb === 'delete' ? null : describe(object),
});

const hasQuota = (writes: readonly Write[]): boolean => writes.some(({ type }) => type.kind === 'ResourceQuota');

function labelsIn(object: unknown): object {
  return Object(Reflect.get(Object(Reflect.get(Object(object), 'metadata')), 'labels'));
}

/** The object without its names. */
function describe(object: unknown): string {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = Object(object);
  return JSON.stringify(rest);
}
