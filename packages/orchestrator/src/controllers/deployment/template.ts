import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../kinds/index.js';
import { fromTime } from '../../runtime/index.js';
import { safeEncode } from '../names.js';
import { canonical } from '../same.js';

export const hashLabel = 'pod-template-hash';

/** The template as users wrote it: without the label that tells its pods from those of other templates. */
function plain(template: PodTemplateSpec | undefined): unknown {
  const { [hashLabel]: _hash, ...labels } = template?.metadata?.labels ?? {};
  const metadata = { ...template?.metadata, labels };
  const filled = Object.entries(metadata).filter(([, value]) =>
    typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value),
  );
  return { spec: template?.spec, metadata: Object.fromEntries(filled) };
}

export const isSameTemplate = (a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean =>
  canonical(plain(a)) === canonical(plain(b));

/** FNV-1a over the template (and the count of earlier collisions), spelled in Kubernetes' safe letters. */
export function templateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  const text = canonical(plain(template)) + (collisionCount ? `#${collisionCount}` : '');
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return safeEncode(String(hash));
}

/** The set whose template is the deployment's; the oldest where there are several. */
export function findNewReplicaSet(deployment: Deployment, owned: readonly ReplicaSet[]): ReplicaSet | undefined {
  return byAge(owned).find((set) => isSameTemplate(set.spec.template, deployment.spec.template));
}

/** Oldest first, then by name. */
export function byAge(sets: readonly ReplicaSet[]): ReplicaSet[] {
  const age = (set: ReplicaSet) => fromTime(set.metadata.creationTimestamp) ?? 0;
  return [...sets].sort((a, b) => age(a) - age(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
}
