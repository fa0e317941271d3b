import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../kinds/index.js';
import { fromTime, toTime } from '../../runtime/index.js';
import { limitsOf } from './rollout.js';

interface State {
  readonly deployment: Deployment;
  readonly newSet: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

/** What Kubernetes takes for "no deadline". */
const noDeadline = 2 ** 31 - 1;

/** Counts what the sets report and judges progress in Kubernetes' words, on which `kubectl rollout status` relies. */
export function statusOf(state: State, now: number): { status: DeploymentStatus; waitSeconds?: number } {
  const { deployment, newSet, old } = state;
  const all = newSet ? [...old, newSet] : [...old];
  const total = (count: (set: ReplicaSet) => number | undefined) =>
    all.reduce((sum, set) => sum + (count(set) ?? 0), 0);
  const replicas = total((set) => set.status?.replicas);
  const available = total((set) => set.status?.availableReplicas);
  const wanted = all.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0);
  const counts = {
    replicas,
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: total((set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, wanted - available),
    terminatingReplicas: total((set) => set.status?.terminatingReplicas),
  };
  const progress = progressOf(state, counts, now);
  const failure = all.flatMap((set) => set.status?.conditions ?? []).find((item) => item.type === 'ReplicaFailure');
  const conditions = [availabilityOf(deployment, available), ...progress.conditions, ...(failure ? [failure] : [])];
  return {
    status: {
      ...counts,
      observedGeneration: deployment.metadata.generation,
      collisionCount: deployment.status?.collisionCount,
      conditions: [
        ...(deployment.status?.conditions ?? []).filter((condition) => !ownConditions.has(condition.type)),
        ...conditions.map((condition) => dated(deployment, condition, now)),
      ],
    },
    ...(progress.waitSeconds === undefined ? {} : { waitSeconds: progress.waitSeconds }),
  };
}

/** Conditions of other types belong to others and are kept. */
const ownConditions: ReadonlySet<string> = new Set(['Available', 'Progressing', 'ReplicaFailure']);

type Verdict = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'> & { readonly hasMoved?: boolean };

function availabilityOf(deployment: Deployment, available: number): Verdict {
  const { desired, maxUnavailable } = limitsOf(deployment);
  return available >= desired - maxUnavailable
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

type Counts = Required<Pick<DeploymentStatus, 'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas'>>;

function progressOf(
  { deployment, newSet }: State,
  counts: Counts,
  now: number,
): { conditions: Verdict[]; waitSeconds?: number } {
  const current = deployment.status?.conditions?.find((condition) => condition.type === 'Progressing');
  const verdict = (status: string, reason: string, message: string, hasMoved = false): Verdict => ({
    type: 'Progressing',
    status,
    reason,
    message,
    hasMoved,
  });
  if (deployment.spec.paused) {
    return { conditions: [verdict('Unknown', 'DeploymentPaused', 'Deployment is paused')] };
  }
  const kept = current ? [verdict(current.status, current.reason ?? '', current.message ?? '')] : [];
  const deadline = deployment.spec.progressDeadlineSeconds ?? 600;
  const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, counts)) {
    return { conditions: [verdict('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`)] };
  }
  if (deadline >= noDeadline) return { conditions: [] };

  const wait = (since: number) => Math.max(0, (since + deadline * 1000 - now) / 1000) + 1;
  if (current?.reason === 'DeploymentPaused') {
    const conditions = [verdict('Unknown', 'DeploymentResumed', 'Deployment is resumed', true)];
    return { conditions, waitSeconds: wait(now) };
  }
  // A finished rollout whose pods fail later is not a rollout that hangs.
  const wasComplete = current?.reason === 'NewReplicaSetAvailable';
  const isAnother = wasComplete && !(current?.message ?? '').startsWith(`${subject} `);
  if (hasProgressed(deployment, counts) || !current || isAnother) {
    const message = newSet ? `${subject} is progressing.` : 'A new replica set is being created.';
    const reason = newSet ? 'ReplicaSetUpdated' : 'NewReplicaSetCreated';
    return { conditions: [verdict('True', reason, message, true)], waitSeconds: wait(now) };
  }
  if (wasComplete) return { conditions: kept };
  if (current.reason === 'ProgressDeadlineExceeded') return { conditions: kept };
  const since = fromTime(current.lastUpdateTime) ?? now;
  if (now > since + deadline * 1000) {
    return { conditions: [verdict('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`)] };
  }
  return { conditions: kept, waitSeconds: wait(since) };
}

function isComplete(deployment: Deployment, counts: Counts): boolean {
  const desired = deployment.spec.replicas ?? 1;
  return counts.updatedReplicas === desired && counts.replicas === desired && counts.availableReplicas === desired;
}

function hasProgressed(deployment: Deployment, counts: Counts): boolean {
  const before = deployment.status ?? {};
  const oldPods = counts.replicas - counts.updatedReplicas;
  const oldPodsBefore = (before.replicas ?? 0) - (before.updatedReplicas ?? 0);
  return (
    counts.updatedReplicas > (before.updatedReplicas ?? 0) ||
    oldPods < oldPodsBefore ||
    counts.readyReplicas > (before.readyReplicas ?? 0) ||
    counts.availableReplicas > (before.availableReplicas ?? 0)
  );
}

/** Transition times move with the status, update times with the words or with progress, which feeds the deadline. */
function dated(deployment: Deployment, verdict: Verdict | DeploymentCondition, now: number): DeploymentCondition {
  const { type, status, reason, message } = verdict;
  const before = deployment.status?.conditions?.find((condition) => condition.type === type);
  const time = toTime(now);
  const hasMoved = 'hasMoved' in verdict && verdict.hasMoved === true;
  const isSameWords = before?.status === status && before.reason === reason && before.message === message;
  return {
    type,
    status,
    reason,
    message,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : time,
    lastUpdateTime: isSameWords && !hasMoved ? before.lastUpdateTime : time,
  };
}
