import { matchesTerm, tolerates } from './filters.js';
import type { ScorePlugin } from './plugins.js';

/** What a pod that asks for nothing is taken to need, so that such pods spread as well: 0.1 cores, 200 MiB. */
const assumed: Readonly<Record<string, number>> = { cpu: 0.1, memory: 200 * 2 ** 20 };

/** The share that stays free of cores and memory, on average. */
const leastAllocated: ScorePlugin = {
  name: 'LeastAllocated',
  weight: 1,
  score: (pod, nodes) =>
    nodes.map(({ allocatable, requested, podCount }) => {
      const shares = Object.entries(assumed).map(([name, least]) => {
        const total = allocatable[name] ?? 0;
        const taken = Math.max(requested[name] ?? 0, podCount * least * 0.1) + Math.max(pod.requests[name] ?? 0, least);
        return total <= 0 ? 0 : Math.max(0, (total - taken) / total);
      });
      return (100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length;
    }),
};

/** Fewer pods of the same owner are better: a lost node should take as little of one application as possible. */
const spreadByOwner: ScorePlugin = {
  name: 'SpreadByOwner',
  weight: 2,
  score: ({ ownerUid }, nodes) => {
    const counts = nodes.map(({ owners }) => (ownerUid === undefined ? 0 : (owners.get(ownerUid) ?? 0)));
    const most = Math.max(...counts);
    return counts.map((count) => (most === 0 ? 100 : (100 * (most - count)) / most));
  },
};

const preferredAffinity: ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  score: ({ pod }, nodes) => {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const sums = nodes.map(({ node }) =>
      preferred.reduce((sum, { preference, weight }) => sum + (matchesTerm(preference, node) ? weight : 0), 0),
    );
    const most = Math.max(...sums);
    return sums.map((sum) => (most === 0 ? 0 : (100 * sum) / most));
  },
};

const preferredTaints: ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  score: ({ pod }, nodes) => {
    const counts = nodes.map(
      ({ node }) =>
        (node.spec?.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(pod, taint))
          .length,
    );
    const most = Math.max(...counts);
    return counts.map((count) => (most === 0 ? 100 : (100 * (most - count)) / most));
  },
};

export const scores: readonly ScorePlugin[] = [leastAllocated, spreadByOwner, preferredAffinity, preferredTaints];
