import { type JsonObject, objectAt, objectsAt, stringAt } from '../../kinds/index.js';
import { isConditionTrue } from './custom-resources.js';

interface Condition {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
}

const nameKeys = ['plural', 'singular', 'shortNames', 'kind', 'listKind'] as const;

/** The status of a definition among the others: which of its names it may use, whether it is served, what it has stored. */
export function statusOf(definition: JsonObject, others: readonly JsonObject[], now: string): JsonObject {
  const spec = objectAt(definition, 'spec');
  const before = objectAt(definition, 'status');
  const { accepted, condition } = acceptNames(definition, others);
  const isEstablished = isConditionTrue(definition, 'Established') || condition.status === 'True';
  const established: Condition = isEstablished
    ? {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      }
    : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  const policy = approvalCondition(definition);
  const wanted = [condition, established, ...(policy ? [policy] : [])];
  const known = objectsAt(before, 'conditions');
  const conditions = [
    ...known.filter((each) => !wanted.some(({ type }) => type === each.type)),
    ...wanted.map((each) => settle(each, known, now)),
  ];
  const stored = Array.isArray(before.storedVersions) ? before.storedVersions : [];
  const storage = stringAt(
    objectsAt(spec, 'versions').find((each) => each.storage === true),
    'name',
  );
  return {
    ...before,
    conditions,
    acceptedNames: accepted,
    storedVersions: storage === '' || stored.includes(storage) ? stored : [...stored, storage],
  };
}

/** The time of a condition is when it last became what it is. */
function settle(wanted: Condition, known: readonly JsonObject[], now: string): JsonObject {
  const before = known.find((each) => each.type === wanted.type);
  const lastTransitionTime = before?.status === wanted.status ? (before.lastTransitionTime ?? now) : now;
  return {
    type: wanted.type,
    status: wanted.status,
    lastTransitionTime,
    reason: wanted.reason,
    message: wanted.message,
  };
}

export function withCondition(status: JsonObject, condition: Condition, now: string): JsonObject {
  const known = objectsAt(status, 'conditions');
  const others = known.filter((each) => each.type !== condition.type);
  return { ...status, conditions: [...others, settle(condition, known, now)] };
}

function acceptNames(
  definition: JsonObject,
  others: readonly JsonObject[],
): { accepted: JsonObject; condition: Condition } {
  const spec = objectAt(definition, 'spec');
  const wanted = objectAt(spec, 'names');
  const own = stringAt(objectAt(definition, 'metadata'), 'name');
  const rivals = others
    .filter(
      (each) => objectAt(each, 'spec').group === spec.group && stringAt(objectAt(each, 'metadata'), 'name') !== own,
    )
    .map((each) => objectAt(objectAt(each, 'status'), 'acceptedNames'));
  const resources = new Set(
    rivals.flatMap((each) => [...texts(each.plural), ...texts(each.singular), ...texts(each.shortNames)]),
  );
  const kinds = new Set(rivals.flatMap((each) => [...texts(each.kind), ...texts(each.listKind)]));
  const accepted: JsonObject = { ...objectAt(objectAt(definition, 'status'), 'acceptedNames') };
  let refusal: { reason: string; message: string } | undefined;
  for (const key of nameKeys) {
    const taken = texts(wanted[key]).filter((each) =>
      (key === 'kind' || key === 'listKind' ? kinds : resources).has(each),
    );
    if (taken.length === 0) {
      if (wanted[key] === undefined) delete accepted[key];
      else accepted[key] = wanted[key];
    } else {
      const problems = taken.map((each) => `${JSON.stringify(each)} is already in use`);
      refusal = {
        reason: `${key.charAt(0).toUpperCase()}${key.slice(1)}Conflict`,
        message: problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`,
      };
    }
  }
  if (wanted.categories === undefined) delete accepted.categories;
  else accepted.categories = wanted.categories;
  const condition: Condition = refusal
    ? { type: 'NamesAccepted', status: 'False', ...refusal }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  return { accepted, condition };
}

const texts = (value: JsonObject[string]): string[] =>
  (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string' && each !== '') as string[];

export const approvalAnnotation = 'api-approved.kubernetes.io';

export function isProtectedGroup(group: string): boolean {
  return /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group);
}

function approvalCondition(definition: JsonObject): Condition | undefined {
  if (!isProtectedGroup(stringAt(objectAt(definition, 'spec'), 'group'))) return undefined;
  const type = 'KubernetesAPIApprovalPolicyConformant';
  const annotation = stringAt(objectAt(objectAt(definition, 'metadata'), 'annotations'), approvalAnnotation);
  if (annotation.startsWith('unapproved'))
    return {
      type,
      status: 'False',
      reason: 'UnapprovedAnnotation',
      message: `not approved: ${JSON.stringify(annotation)}`,
    };
  if (URL.canParse(annotation))
    return { type, status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${annotation}` };
  return {
    type,
    status: 'False',
    reason: 'MissingAnnotation',
    message: `protected groups must have approval annotation "${approvalAnnotation}", see https://github.com/kubernetes/enhancements/pull/1111`,
  };
}
