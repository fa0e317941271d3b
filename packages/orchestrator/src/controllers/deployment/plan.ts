import { type Deployment, type DeploymentStatus, deployments, type ReplicaSet } from '../../kinds/index.js';
import {
  controllerOf,
  isControlledBy,
  isDeleting,
  matchesSelector,
  toControllerReference,
} from '../../runtime/index.js';
import { isPodFinished } from '../pods.js';
import { isSame } from '../same.js';
import { newSetAnnotations, revisionOf, sizeAnnotations } from './annotations.js';
import type { Observed } from './observe.js';
import {
  isRecreate,
  isScaled,
  limitsOf,
  newSetSize,
  type Scaling,
  scaleProportionally,
  shrinkOldSets,
  sizeOf,
  sumOf,
} from './rollout.js';
import { statusOf } from './status.js';
import { byAge, findNewReplicaSet, hashLabel, templateHash } from './template.js';

export interface SetTarget {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string | undefined;
}

export type Action =
  | { readonly do: 'adopt'; readonly target: SetTarget; readonly why: string }
  | { readonly do: 'release'; readonly target: SetTarget; readonly why: string }
  | { readonly do: 'create'; readonly set: ReplicaSet; readonly why: string }
  | {
      readonly do: 'scale';
      readonly target: SetTarget;
      readonly from: number;
      readonly to: number;
      readonly annotations: Readonly<Record<string, string>>;
      readonly why: string;
    }
  | {
      readonly do: 'annotate';
      readonly target: SetTarget;
      readonly annotations: Readonly<Record<string, string>>;
      readonly minReadySeconds: number;
      readonly why: string;
    }
  | { readonly do: 'set-revision'; readonly revision: number; readonly why: string }
  | { readonly do: 'delete'; readonly target: SetTarget; readonly why: string };

export interface Plan {
  readonly actions: readonly Action[];
  readonly status: DeploymentStatus;
  readonly waitSeconds?: number;
}

/** Decides the next step of a rollout. Pure; a plan applied to a cluster that answers at once plans nothing more. */
export function plan(observed: Observed, now: number): Plan {
  const { deployment } = observed;
  const claims = isDeleting(deployment) ? [] : claim(observed);
  const adopted = new Set(claims.filter((action) => action.do === 'adopt').map((action) => action.target.uid));
  const owned = observed.replicaSets.filter(
    (set) =>
      adopted.has(set.metadata.uid ?? '') ||
      (isControlledBy(set, deployment) && matchesSelector(deployment.spec.selector, set.metadata.labels)),
  );
  const newSet = findNewReplicaSet(deployment, owned);
  const old = byAge(owned).filter((set) => set !== newSet);
  const state = { deployment, newSet, old };
  if (isDeleting(deployment)) return { actions: [], ...statusOf(state, now) };
  return { actions: [...claims, ...step(observed, newSet, old)], ...statusOf(state, now) };
}

function claim({ deployment, replicaSets }: Observed): Extract<Action, { do: 'adopt' | 'release' }>[] {
  const actions: Extract<Action, { do: 'adopt' | 'release' }>[] = [];
  for (const set of replicaSets) {
    if (isDeleting(set)) continue;
    const matches = matchesSelector(deployment.spec.selector, set.metadata.labels);
    const target = targetOf(set);
    if (controllerOf(set) === undefined && matches) {
      actions.push({ do: 'adopt', target, why: 'it matches and nobody manages it' });
    } else if (isControlledBy(set, deployment) && !matches) {
      actions.push({ do: 'release', target, why: 'its labels no longer match' });
    }
  }
  return actions;
}

function step(observed: Observed, newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): Action[] {
  const { deployment } = observed;
  const limits = limitsOf(deployment);
  const all = newSet ? [...old, newSet] : [...old];
  const newest = Math.max(0, ...old.map(revisionOf));
  const revision = newSet && revisionOf(newSet) > newest ? revisionOf(newSet) : newest + 1;

  if (deployment.spec.paused || isScaled(limits, all)) {
    const bookkeeping = newSet ? setRevision(deployment, revision) : [];
    const scalings = scaleProportionally(deployment, newSet, old);
    const scaled = new Map(scalings.map((scaling) => [scaling.set, scaling]));
    // Also sets that keep their size must remember for which number they have it, or this would go on for ever.
    const sizes = sizeAnnotations({ desired: limits.desired, max: limits.desired + limits.maxSurge });
    const kept = all.filter((set) => sizeOf(set) > 0 && !scaled.has(set));
    const stale = kept.filter((set) => !isSame(set.metadata.annotations, { ...set.metadata.annotations, ...sizes }));
    return [
      ...bookkeeping,
      ...scalings.map((scaling) => scale(deployment, scaling)),
      ...stale.map((set) => remember(deployment, set, sizes)),
      ...(deployment.spec.paused ? forget(deployment, old) : []),
    ];
  }

  if (isRecreate(deployment)) {
    const shrink = old.filter((set) => sizeOf(set) > 0).map((set) => ({ set, to: 0, why: 'all old pods go first' }));
    if (shrink.length > 0) return shrink.map((scaling) => scale(deployment, scaling));
    const newUid = newSet?.metadata.uid;
    const lingering = observed.pods.filter((pod) => controllerOf(pod)?.uid !== newUid && !isPodFinished(pod));
    if (lingering.length > 0) return [];
  }
  if (!newSet) return create(deployment, old, revision);

  const bookkeeping = annotate(deployment, newSet, revision);
  // Sizes are decided against the version that was seen: what changes the set comes first, alone.
  if (bookkeeping.some((action) => action.do === 'annotate')) return bookkeeping;
  const size = newSetSize(deployment, newSet, all);
  if (size !== sizeOf(newSet)) {
    const why = size > sizeOf(newSet) ? `surge allows ${limits.desired + limits.maxSurge}` : `${limits.desired} wanted`;
    return [...bookkeeping, scale(deployment, { set: newSet, to: size, why })];
  }
  const shrinking = isRecreate(deployment) ? [] : shrinkOldSets(limits, newSet, old);
  if (shrinking.length > 0) return [...bookkeeping, ...shrinking.map((scaling) => scale(deployment, scaling))];
  return [...bookkeeping, ...(isDone(deployment, newSet, old) ? forget(deployment, old) : [])];
}

/** Every pod is of the new template and available. */
export function isDone(deployment: Deployment, newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): boolean {
  const desired = deployment.spec.replicas ?? 1;
  const leftOver = old.some((set) => sizeOf(set) > 0 || (set.status?.replicas ?? 0) > 0);
  return (
    newSet !== undefined &&
    !leftOver &&
    sizeOf(newSet) === desired &&
    (newSet.status?.replicas ?? 0) === desired &&
    (newSet.status?.availableReplicas ?? 0) === desired
  );
}

function create(deployment: Deployment, old: readonly ReplicaSet[], revision: number): Action[] {
  const limits = limitsOf(deployment);
  const { name, namespace } = deployment.metadata;
  const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount);
  const { template, selector } = deployment.spec;
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const replicas = newSetSize(deployment, undefined, old);
  const sizes = { revision, desired: limits.desired, max: limits.desired + limits.maxSurge };
  const set: ReplicaSet = {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: newSetAnnotations(deployment, undefined, sizes),
      ownerReferences: [toControllerReference(deployments, deployment)],
    },
    spec: {
      replicas,
      minReadySeconds: deployment.spec.minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...(template.metadata ?? { name: '' }), labels } },
    },
  };
  const why = `no set has this template; surge allows ${limits.desired + limits.maxSurge - sumOf(old)}`;
  return [{ do: 'create', set, why }, ...setRevision(deployment, revision)];
}

function annotate(deployment: Deployment, newSet: ReplicaSet, revision: number): Action[] {
  const limits = limitsOf(deployment);
  const sizes = { revision, desired: limits.desired, max: limits.desired + limits.maxSurge };
  const annotations = newSetAnnotations(deployment, newSet, sizes);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  const isCurrent =
    isSame(annotations, newSet.metadata.annotations) && (newSet.spec.minReadySeconds ?? 0) === minReadySeconds;
  const why = `revision ${revision}`;
  return [
    ...(isCurrent ? [] : [{ do: 'annotate' as const, target: targetOf(newSet), annotations, minReadySeconds, why }]),
    ...setRevision(deployment, revision),
  ];
}

function remember(deployment: Deployment, set: ReplicaSet, sizes: Readonly<Record<string, string>>): Action {
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const why = `keeps its size of ${deployment.spec.replicas ?? 1}`;
  return { do: 'annotate', target: targetOf(set), annotations: sizes, minReadySeconds, why };
}

function setRevision(deployment: Deployment, revision: number): Action[] {
  return revisionOf(deployment) === revision
    ? []
    : [{ do: 'set-revision', revision, why: `revision ${revision} is current` }];
}

function scale(deployment: Deployment, { set, to, why }: Scaling): Action {
  const limits = limitsOf(deployment);
  const annotations = sizeAnnotations({ desired: limits.desired, max: limits.desired + limits.maxSurge });
  return { do: 'scale', target: targetOf(set), from: sizeOf(set), to, annotations, why };
}

/** Deletes the oldest empty sets beyond the history that is kept for rollbacks. */
function forget(deployment: Deployment, old: readonly ReplicaSet[]): Action[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const alive = old.filter((set) => !isDeleting(set));
  const surplus = [...alive].sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, alive.length - limit));
  return surplus
    .filter(
      (set) =>
        sizeOf(set) === 0 &&
        (set.status?.replicas ?? 0) === 0 &&
        (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
    )
    .map((set) => ({ do: 'delete', target: targetOf(set), why: `only ${limit} old revisions are kept` }));
}

const targetOf = (set: ReplicaSet): SetTarget => ({
  name: set.metadata.name,
  uid: set.metadata.uid ?? '',
  resourceVersion: set.metadata.resourceVersion,
});
