import type { Deployment, ReplicaSet } from '../../kinds/index.js';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxAnnotation = 'deployment.kubernetes.io/max-replicas';

/** Belong to one object alone and are not handed from a deployment to its sets. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredAnnotation,
  maxAnnotation,
  'deprecated.deployment.rollback.to',
]);

export function revisionOf(object: { metadata: { annotations?: Record<string, string> } }): number {
  const revision = Number.parseInt(object.metadata.annotations?.[revisionAnnotation] ?? '', 10);
  return Number.isNaN(revision) ? 0 : revision;
}

/** The annotations of the current template's set: the deployment's own, the revision, and the sizes for scaling. */
export function newSetAnnotations(
  deployment: Deployment,
  set: ReplicaSet | undefined,
  sizes: { revision: number; desired: number; max: number },
): Record<string, string> {
  const current = set?.metadata.annotations ?? {};
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !notCopied.has(name));
  const before = set ? revisionOf(set) : 0;
  const history = current[revisionHistoryAnnotation];
  // A set that comes back (a rollback) keeps the revisions it had before.
  const isNewRevision = before !== 0 && before !== sizes.revision;
  const newHistory = isNewRevision ? [history, String(before)].filter(Boolean).join(',') : history;
  return {
    ...current,
    ...Object.fromEntries(copied),
    ...sizeAnnotations(sizes),
    [revisionAnnotation]: String(sizes.revision),
    ...(newHistory === undefined ? {} : { [revisionHistoryAnnotation]: newHistory }),
  };
}

/** What proportional scaling must know later: for which size a set was last scaled. */
export function sizeAnnotations(sizes: { desired: number; max: number }): Record<string, string> {
  return { [desiredAnnotation]: String(sizes.desired), [maxAnnotation]: String(sizes.max) };
}

export function numberAnnotation(set: ReplicaSet, name: string): number | undefined {
  const value = Number.parseInt(set.metadata.annotations?.[name] ?? '', 10);
  return Number.isNaN(value) ? undefined : value;
}
