import { checkName, checkNonNegative, selectsTemplate } from '../checks.js';
import { duplicate, type FieldError, invalid, notSupported, required, tooMany } from '../field-error.js';
import { arrayAt, isJsonObject, isSame, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { immutable, validateLabelSelector } from '../metadata.js';
import { labelProblems, qualifiedNameProblems } from '../names.js';
import { validatePodTemplate } from '../pod/pod.validation.js';

const manyCompletions = 100_000;

function checkIndexed(spec: JsonObject, at: string, errors: FieldError[]): void {
  const completions = numberAt(spec, 'completions');
  const parallelism = numberAt(spec, 'parallelism');
  const failed = numberAt(spec, 'maxFailedIndexes');
  const isPerIndex = spec.backoffLimitPerIndex !== undefined;
  const above = `when completions are above ${manyCompletions} and used with backoff limit per index`;
  if (completions === undefined) errors.push(required(`${at}.completions`, 'when completion mode is Indexed'));
  if (parallelism !== undefined && parallelism > 100_000)
    errors.push(
      invalid(`${at}.parallelism`, parallelism, 'must be less than or equal to 100000 when completion mode is Indexed'),
    );
  if (failed !== undefined) {
    if (completions !== undefined && failed > completions)
      errors.push(invalid(`${at}.maxFailedIndexes`, failed, 'must be less than or equal to completions'));
    if (failed > 100_000)
      errors.push(invalid(`${at}.maxFailedIndexes`, failed, 'must be less than or equal to 100000'));
  }
  if (completions === undefined || completions <= manyCompletions || !isPerIndex) return;
  if (failed === undefined)
    errors.push(required(`${at}.maxFailedIndexes`, `must be specified when completions is above ${manyCompletions}`));
  else if (failed > 10_000)
    errors.push(invalid(`${at}.maxFailedIndexes`, failed, `must be less than or equal to 10000 ${above}`));
  if (parallelism !== undefined && parallelism > 10_000)
    errors.push(invalid(`${at}.parallelism`, parallelism, `must be less than or equal to 10000 ${above}`));
}

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

function checkFailurePolicy(spec: JsonObject, policy: JsonObject, at: string, errors: FieldError[]): void {
  const pod = objectAt(objectAt(spec, 'template'), 'spec');
  const names = new Set(
    [...objectsAt(pod, 'containers'), ...objectsAt(pod, 'initContainers')].map((each) => stringAt(each, 'name')),
  );
  const rules = objectsAt(policy, 'rules');
  if (rules.length > 20) errors.push(tooMany(`${at}.rules`, rules.length, 20));
  rules.forEach((rule, index) => {
    const field = `${at}.rules[${index}]`;
    const action = stringAt(rule, 'action');
    if (action === '')
      errors.push(required(`${field}.action`, `valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`));
    else if (action === 'FailIndex') {
      if (spec.backoffLimitPerIndex === undefined)
        errors.push(invalid(`${field}.action`, action, 'requires the backoffLimitPerIndex to be set'));
    } else if (!actions.includes(action)) errors.push(notSupported(`${field}.action`, action, actions));
    const codes = rule.onExitCodes;
    const conditions = objectsAt(rule, 'onPodConditions');
    if (isJsonObject(codes)) checkExitCodes(codes, names, `${field}.onExitCodes`, errors);
    checkConditions(conditions, `${field}.onPodConditions`, errors);
    const isWrong = isJsonObject(codes) === conditions.length > 0;
    if (isWrong)
      errors.push({
        field,
        reason: 'FieldValueInvalid',
        message: isJsonObject(codes)
          ? 'Invalid value: specifying both OnExitCodes and OnPodConditions is not supported'
          : 'Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
      });
  });
}

function checkConditions(conditions: readonly JsonObject[], at: string, errors: FieldError[]): void {
  if (conditions.length > 20) errors.push(tooMany(at, conditions.length, 20));
  conditions.forEach((pattern, index) => {
    checkName(stringAt(pattern, 'type'), `${at}[${index}].type`, qualifiedNameProblems, errors);
    const status = stringAt(pattern, 'status');
    if (status === '') errors.push(required(`${at}[${index}].status`, 'valid values: ["False" "True" "Unknown"]'));
    else if (!['False', 'True', 'Unknown'].includes(status))
      errors.push(notSupported(`${at}[${index}].status`, status, ['False', 'True', 'Unknown']));
  });
}

function checkExitCodes(codes: JsonObject, names: ReadonlySet<string>, at: string, errors: FieldError[]): void {
  const operator = stringAt(codes, 'operator');
  if (operator === '') errors.push(required(`${at}.operator`, 'valid values: ["In" "NotIn"]'));
  else if (operator !== 'In' && operator !== 'NotIn')
    errors.push(notSupported(`${at}.operator`, operator, ['In', 'NotIn']));
  if (typeof codes.containerName === 'string' && !names.has(codes.containerName))
    errors.push(
      invalid(
        `${at}.containerName`,
        codes.containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    );
  const values = arrayAt(codes, 'values').map(Number);
  if (values.length === 0) errors.push(invalid(`${at}.values`, codes.values ?? null, 'at least one value is required'));
  else if (values.length > 255) errors.push(tooMany(`${at}.values`, values.length, 255));
  const seen = new Set<number>();
  values.forEach((value, index) => {
    if (operator === 'In' && value === 0)
      errors.push(invalid(`${at}.values[${index}]`, value, 'must not be 0 for the In operator'));
    if (seen.has(value)) errors.push(duplicate(`${at}.values[${index}]`, value));
    seen.add(value);
  });
  if (values.some((value, index) => index > 0 && (values[index - 1] ?? 0) > value))
    errors.push(invalid(`${at}.values`, values, 'must be ordered'));
}

function checkSuccessPolicy(spec: JsonObject, policy: JsonObject, at: string, errors: FieldError[]): void {
  const rules = objectsAt(policy, 'rules');
  const completions = numberAt(spec, 'completions') ?? 0;
  if (rules.length === 0)
    errors.push(required(`${at}.rules`, 'at least one rules must be specified when the successPolicy is specified'));
  if (rules.length > 20) errors.push(tooMany(`${at}.rules`, rules.length, 20));
  rules.forEach((rule, index) => {
    const field = `${at}.rules[${index}]`;
    const count = numberAt(rule, 'succeededCount');
    if (count === undefined && rule.succeededIndexes === undefined)
      errors.push(required(field, 'at least one of succeededCount or succeededIndexes must be specified'));
    if (count === undefined) return;
    checkNonNegative(rule, ['succeededCount'], field, errors);
    if (count > completions)
      errors.push(
        invalid(
          `${field}.succeededCount`,
          count,
          `must be less than or equal to ${completions} (the number of specified completions)`,
        ),
      );
  });
}

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
];

function checkModes(spec: JsonObject, at: string, errors: FieldError[]): void {
  const mode = spec.completionMode;
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed')
    errors.push(notSupported(`${at}.completionMode`, mode, ['NonIndexed', 'Indexed']));
  if (mode === 'Indexed') checkIndexed(spec, at, errors);
  else if (mode === undefined || mode === 'NonIndexed')
    for (const key of ['backoffLimitPerIndex', 'maxFailedIndexes'])
      if (spec[key] !== undefined) errors.push(invalid(`${at}.${key}`, spec[key], 'requires indexed completion mode'));
  if (isJsonObject(spec.podFailurePolicy))
    checkFailurePolicy(spec, spec.podFailurePolicy, `${at}.podFailurePolicy`, errors);
  if (isJsonObject(spec.successPolicy)) {
    if (mode !== 'Indexed')
      errors.push(invalid(`${at}.successPolicy`, spec.successPolicy, 'requires indexed completion mode'));
    else checkSuccessPolicy(spec, spec.successPolicy, `${at}.successPolicy`, errors);
  }
  const replacement = spec.podReplacementPolicy;
  const allowed = isJsonObject(spec.podFailurePolicy) ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  if (replacement !== undefined && !allowed.includes(String(replacement)))
    errors.push(notSupported(`${at}.podReplacementPolicy`, replacement, allowed));
}

/** A Job's spec, its own or a CronJob's template's. */
export function validateJobSpec(spec: JsonObject, at: string): FieldError[] {
  const errors: FieldError[] = [];
  checkNonNegative(spec, counts, at, errors);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(required(`${at}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  const manager = spec.managedBy;
  if (typeof manager === 'string') {
    if (!/^[^/]+\/[^/].*$/.test(manager))
      errors.push(invalid(`${at}.managedBy`, manager, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    if (manager.length > 63)
      errors.push({
        field: `${at}.managedBy`,
        reason: 'FieldValueTooLong',
        message: 'Too long: may not be more than 63 bytes',
      });
  }
  checkModes(spec, at, errors);
  const template = objectAt(spec, 'template');
  errors.push(...validatePodTemplate(template, `${at}.template`));
  const restart = stringAt(objectAt(template, 'spec'), 'restartPolicy');
  const field = `${at}.template.spec.restartPolicy`;
  if (restart === 'Always' || restart === '') errors.push(required(field, 'valid values: "OnFailure", "Never"'));
  else if (restart !== 'OnFailure' && restart !== 'Never')
    errors.push(notSupported(field, restart, ['OnFailure', 'Never']));
  else if (isJsonObject(spec.podFailurePolicy) && restart !== 'Never')
    errors.push(invalid(field, restart, 'only "Never" is supported when podFailurePolicy is specified'));
  return errors;
}

export const jobLabels = {
  uid: ['batch.kubernetes.io/controller-uid', 'controller-uid'],
  name: ['batch.kubernetes.io/job-name', 'job-name'],
} as const;

function checkGenerated(object: JsonObject, spec: JsonObject, errors: FieldError[]): void {
  if (spec.manualSelector === true || !isJsonObject(spec.selector)) return;
  const metadata = objectAt(object, 'metadata');
  const labels = objectAt(objectAt(objectAt(spec, 'template'), 'metadata'), 'labels');
  const expected: JsonObject = {};
  for (const [keys, value] of [
    [jobLabels.uid, stringAt(metadata, 'uid')],
    [jobLabels.name, stringAt(metadata, 'name')],
  ] as const)
    for (const key of keys) {
      expected[key] = value;
      if (labels[key] === undefined)
        errors.push(required(`spec.template.metadata.labels[${key}]`, `must be '${value}'`));
      else if (labels[key] !== value)
        errors.push(invalid(`spec.template.metadata.labels[${key}]`, labels, `must be '${value}'`));
    }
  if (!selectsTemplate(spec.selector, { metadata: { labels: expected } }))
    errors.push(invalid('spec.selector', spec.selector, '`selector` not auto-generated'));
}

export function validateJob(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = objectAt(object, 'spec');
  const errors: FieldError[] = [];
  checkGenerated(object, spec, errors);
  errors.push(...validateJobSpec(spec, 'spec'));
  if (!isJsonObject(spec.selector)) errors.push(required('spec.selector'));
  else {
    errors.push(...validateLabelSelector(spec.selector, 'spec.selector'));
    const template = objectAt(spec, 'template');
    if (!selectsTemplate(spec.selector, template))
      errors.push(
        invalid(
          'spec.template.metadata.labels',
          objectAt(template, 'metadata').labels ?? null,
          '`selector` does not match template `labels`',
        ),
      );
  }
  const completions = numberAt(spec, 'completions') ?? 0;
  const name = stringAt(objectAt(object, 'metadata'), 'name');
  if (spec.completionMode === 'Indexed' && completions > 0) {
    const hostname = `${name}-${completions - 1}`;
    if (labelProblems(hostname).length > 0)
      errors.push(invalid('metadata.name', name, `will not able to create pod with invalid DNS label: ${hostname}`));
  }
  return old ? [...errors, ...validateJobUpdate(object, old)] : errors;
}

function validateJobUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const before = objectAt(old, 'spec');
  const errors: FieldError[] = [];
  if (spec.completionMode !== 'Indexed') errors.push(...immutable(object, old, ['spec.completions']));
  else if (
    !isSame(spec.completions, before.completions) &&
    spec.completions !== undefined &&
    spec.completions !== spec.parallelism
  )
    errors.push(invalid('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism'));
  errors.push(...immutable(object, old, ['spec.selector']));
  const status = objectAt(old, 'status');
  const isHeld =
    before.suspend === true &&
    !numberAt(status, 'active') &&
    objectsAt(status, 'conditions').some((each) => each.type === 'Suspended' && each.status === 'True');
  const isNotStarted = before.suspend === true && status.startTime === undefined;
  const now = objectAt(spec, 'template');
  const was = objectAt(before, 'template');
  if (!isSame(isHeld || isNotStarted ? withDirectives(now, was, isHeld) : now, was))
    errors.push(invalid('spec.template', now, 'field is immutable'));
  return [
    ...errors,
    ...immutable(object, old, [
      'spec.completionMode',
      'spec.podFailurePolicy',
      'spec.backoffLimitPerIndex',
      'spec.managedBy',
      'spec.successPolicy',
    ]),
  ];
}

/** The template with what may change while a job is suspended set back to what it was. */
function withDirectives(now: JsonObject, was: JsonObject, withResources: boolean): JsonObject {
  const pod = objectAt(now, 'spec');
  const before = objectAt(was, 'spec');
  const affinity = isJsonObject(pod.affinity)
    ? { ...pod.affinity, nodeAffinity: objectAt(before, 'affinity').nodeAffinity }
    : before.affinity;
  const hasAffinity = isJsonObject(affinity) && Object.values(affinity).some((each) => each !== undefined);
  const metadata = objectAt(was, 'metadata');
  const spec: JsonObject = {
    ...pod,
    affinity: hasAffinity ? affinity : before.affinity,
    nodeSelector: before.nodeSelector,
    tolerations: before.tolerations,
    schedulingGates: before.schedulingGates,
  };
  if (withResources)
    for (const list of ['containers', 'initContainers']) {
      const olds = objectsAt(before, list);
      if (pod[list] !== undefined)
        spec[list] = objectsAt(pod, list).map((each, index) => ({ ...each, resources: olds[index]?.resources }));
    }
  return {
    ...now,
    metadata: { ...objectAt(now, 'metadata'), labels: metadata.labels, annotations: metadata.annotations },
    spec,
  };
}
