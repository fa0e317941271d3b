import { arrayAt, isJsonObject, type JsonObject, objectAt, objectsAt } from '../json.js';
import { qosClassOf } from './pod.defaults.js';

/** Selectors of affinity and spreading that name labels to copy from the pod get them once, at creation. */
function mergeLabelKeys(holder: JsonObject, labels: JsonObject): void {
  const selector = holder.labelSelector;
  if (!isJsonObject(selector)) return;
  for (const [list, operator] of [
    ['matchLabelKeys', 'In'],
    ['mismatchLabelKeys', 'NotIn'],
  ] as const)
    for (const key of arrayAt(holder, list).map(String)) {
      const value = labels[key];
      if (value === undefined) continue;
      selector.matchExpressions = [...arrayAt(selector, 'matchExpressions'), { key, operator, values: [value] }];
    }
}

function mergeAll(spec: JsonObject, labels: JsonObject): void {
  for (const constraint of objectsAt(spec, 'topologySpreadConstraints')) mergeLabelKeys(constraint, labels);
  if (!isJsonObject(spec.affinity)) return;
  for (const key of ['podAffinity', 'podAntiAffinity']) {
    const rules = objectAt(spec.affinity, key);
    for (const term of objectsAt(rules, 'requiredDuringSchedulingIgnoredDuringExecution')) mergeLabelKeys(term, labels);
    for (const term of objectsAt(rules, 'preferredDuringSchedulingIgnoredDuringExecution'))
      mergeLabelKeys(objectAt(term, 'podAffinityTerm'), labels);
  }
}

export function preparePodForCreate(pod: JsonObject): void {
  const spec = objectAt(pod, 'spec');
  pod.status = { phase: 'Pending', qosClass: qosClassOf(spec) };
  raiseGrace(spec);
  mergeAll(spec, objectAt(objectAt(pod, 'metadata'), 'labels'));
  if (objectsAt(spec, 'schedulingGates').length > 0)
    pod.status.conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
        lastProbeTime: null,
        lastTransitionTime: null,
      },
    ];
}

/** A grace below zero means the shortest there is. */
export function raiseGrace(spec: JsonObject): void {
  if (typeof spec.terminationGracePeriodSeconds === 'number' && spec.terminationGracePeriodSeconds < 0)
    spec.terminationGracePeriodSeconds = 1;
}
