import type { Drift, DriftItem } from '@/lib/contract';
import type { StatusTone } from '@/ui/status';

export interface DriftObject {
  readonly kind: DriftItem['kind'];
  readonly name: string;
  /** Its fields, in the API's order. */
  readonly items: readonly DriftItem[];
}

export const nameOf = ({ kind, name }: Pick<DriftItem, 'kind' | 'name'>): string => `${kind}/${name}`;
export const keyOf = (item: Pick<DriftItem, 'kind' | 'name' | 'path'>): string => `${nameOf(item)} ${item.path}`;
export const openOf = (items: readonly DriftItem[]): DriftItem[] => items.filter(({ accepted }) => accepted === null);

/** Object by object, in the order in which they first come. */
export function groupByObject(items: readonly DriftItem[]): DriftObject[] {
  const groups = new Map<string, DriftObject>();
  for (const item of items) {
    const { kind, name } = item;
    groups.set(nameOf(item), { kind, name, items: [...(groups.get(nameOf(item))?.items ?? []), item] });
  }
  return [...groups.values()];
}

/** A value as text; undefined where there is none. */
export function toValueText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

export const tones = {
  unknown: 'idle',
  'rolling-out': 'progressing',
  none: 'healthy',
  accepted: 'idle',
  drifted: 'degraded',
} as const satisfies Record<Drift['state'], StatusTone>;

export interface Asked {
  readonly verb: 'look' | 'heal';
  /** Of the answer to the question. */
  readonly lookedAt: string | null;
}

/**
 * Whether the worker has done what was asked. A look by the clock may come between the question and the putting back, and so
 * it was put back only when nothing is open any more.
 */
export const isDone = ({ verb, lookedAt }: Asked, now: Pick<Drift, 'lookedAt' | 'open'>): boolean =>
  now.lookedAt !== lookedAt && (verb === 'look' || now.open === 0);

const resources = {
  ConfigMap: '/api/v1|configmaps',
  Secret: '/api/v1|secrets',
  Pod: '/api/v1|pods',
  Service: '/api/v1|services',
  Deployment: '/apis/apps/v1|deployments',
  HTTPRoute: '/apis/gateway.networking.k8s.io/v1|httproutes',
  ListenerSet: '/apis/gateway.networking.k8s.io/v1|listenersets',
} as const satisfies Record<DriftItem['kind'], string>;
const isKind = (kind: string): kind is DriftItem['kind'] => kind in resources;

/** Where Kubernetes has an object, as the audit log names it. */
export function toKubernetesPath(namespace: string, { kind, name }: { kind: string; name: string }): string {
  const [group = '', resource = ''] = (isKind(kind) ? resources[kind] : '').split('|');
  return `${group}/namespaces/${namespace}/${resource}/${name}`;
}

/** `kubernetes.get` is there too, for Secrets that were read. */
export const isWrite = ({ action }: { action: string }): boolean =>
  /^kubernetes\.(patch|put|post|delete)$/.test(action);
