import type { Node, NodeSelectorTerm, Pod, Taint, Toleration } from '../kinds/index.js';
import { matchesLabels, matchesRequirement } from '../runtime/index.js';
import type { FilterPlugin } from './plugins.js';
import { collides } from './pod-info.js';

const fits: readonly string[] = [];
/** Sums of fractions such as 0.1 are not exact. */
const tolerance = 1e-9;

const unschedulableTaint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  filter: ({ pod }, { node }) =>
    node.spec?.unschedulable && !tolerates(pod, unschedulableTaint) ? ['node(s) were unschedulable'] : fits,
};

const nodeName: FilterPlugin = {
  name: 'NodeName',
  filter: ({ pod }, { name }) =>
    pod.spec?.nodeName && pod.spec.nodeName !== name ? ["node(s) didn't match the requested node name"] : fits,
};

const taintToleration: FilterPlugin = {
  name: 'TaintToleration',
  filter: ({ pod }, { node }) => {
    const hard = (node.spec?.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
    const untolerated = hard.find((each) => !tolerates(pod, each));
    return untolerated ? [`node(s) had untolerated taint {${untolerated.key}: ${untolerated.value ?? ''}}`] : fits;
  },
};

const nodeAffinity: FilterPlugin = {
  name: 'NodeAffinity',
  filter: ({ pod }, { node }) => {
    const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
    const isMatch =
      matchesLabels(pod.spec?.nodeSelector ?? {}, node.metadata.labels) &&
      (terms === undefined || terms.some((term) => matchesTerm(term, node)));
    return isMatch ? fits : ["node(s) didn't match Pod's node affinity/selector"];
  },
};

const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  filter: (pod, state) =>
    pod.hostPorts.some((port) => state.hostPorts.some((taken) => collides(port, taken)))
      ? ["node(s) didn't have free ports for the requested pod ports"]
      : fits,
};

const resourcesFit: FilterPlugin = {
  name: 'NodeResourcesFit',
  filter: (pod, { allocatable, requested, podCount }) => {
    const reasons: string[] = [];
    if (podCount + 1 > (allocatable['pods'] ?? 110)) reasons.push('Too many pods');
    for (const [name, amount] of Object.entries(pod.requests)) {
      if (amount <= 0 || name === 'pods') continue;
      const free = (allocatable[name] ?? 0) - (requested[name] ?? 0);
      if (amount > free + tolerance * Math.max(1, amount)) reasons.push(`Insufficient ${name}`);
    }
    return reasons;
  },
};

/** In the order in which a node is asked; the first that refuses answers for the node. */
export const filters: readonly FilterPlugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  resourcesFit,
];

export function tolerates(pod: Pod, taint: Taint): boolean {
  return (pod.spec?.tolerations ?? []).some((toleration) => toleratesTaint(toleration, taint));
}

function toleratesTaint({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (!key) return operator === 'Exists';
  if (key !== taint.key) return false;
  return operator === 'Exists' || (value ?? '') === (taint.value ?? '');
}

/** A term without any requirement matches nothing, as upstream has it. */
export function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const fields = { 'metadata.name': node.metadata.name };
  return (
    matchExpressions.every((requirement) => matchesRequirement(requirement, node.metadata.labels)) &&
    matchFields.every((requirement) => matchesRequirement(requirement, fields))
  );
}
