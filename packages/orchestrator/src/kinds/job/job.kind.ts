import { checkNonNegative } from '../checks.js';
import { column, metadataOf, spanText, specOf, statusOf, templateColumns, textField } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type FieldError, invalid } from '../field-error.js';
import { isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { defaultPodTemplate, presentAt, setDefault, setZero } from '../pod/pod.defaults.js';
import { jobs } from '../refs.js';
import { jobLabels, validateJob } from './job.validation.js';

export function defaultFailurePolicy(spec: JsonObject): void {
  for (const rule of objectsAt(objectAt(spec, 'podFailurePolicy'), 'rules'))
    for (const pattern of objectsAt(rule, 'onPodConditions')) setZero(pattern, 'status', 'True');
}

function setDefaults(draft: JsonObject): void {
  const spec = presentAt(draft, 'spec');
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  setDefault(spec, 'parallelism', 1);
  setDefault(spec, 'backoffLimit', spec.backoffLimitPerIndex === undefined ? 6 : 2147483647);
  const labels = objectAt(objectAt(spec, 'template'), 'metadata').labels;
  const metadata = metadataOf(draft);
  if (isJsonObject(labels) && Object.keys(objectAt(metadata, 'labels')).length === 0) metadata.labels = { ...labels };
  setDefault(spec, 'completionMode', 'NonIndexed');
  setDefault(spec, 'suspend', false);
  setDefault(spec, 'podReplacementPolicy', isJsonObject(spec.podFailurePolicy) ? 'Failed' : 'TerminatingOrFailed');
  setDefault(spec, 'manualSelector', false);
  defaultFailurePolicy(spec);
  defaultPodTemplate(spec);
}

/** Unless it is said to be chosen by hand, the selector is the job's own uid. */
function prepareForCreate(draft: JsonObject): void {
  draft.status = {};
  const spec = specOf(draft);
  if (spec.manualSelector === true || !isJsonObject(spec.template)) return;
  const metadata = metadataOf(draft);
  const labelsOf = objectAt(spec.template, 'metadata');
  const labels = { ...objectAt(labelsOf, 'labels') };
  for (const key of jobLabels.name) setDefault(labels, key, stringAt(metadata, 'name'));
  for (const key of jobLabels.uid) setDefault(labels, key, stringAt(metadata, 'uid'));
  spec.template.metadata = { ...labelsOf, labels };
  const selector = objectAt(spec, 'selector');
  const matchLabels = { ...objectAt(selector, 'matchLabels') };
  setDefault(matchLabels, jobLabels.uid[0], stringAt(metadata, 'uid'));
  spec.selector = { ...selector, matchLabels };
}

const hasCondition = (object: JsonObject, type: string): boolean =>
  objectsAt(statusOf(object), 'conditions').some((each) => each.type === type && each.status === 'True');

function statusText(object: JsonObject): string {
  if (hasCondition(object, 'Complete')) return 'Complete';
  if (hasCondition(object, 'Failed')) return 'Failed';
  if (metadataOf(object).deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find((type) => hasCondition(object, type)) ?? 'Running';
}

function completionsText(object: JsonObject): string {
  const done = numberAt(statusOf(object), 'succeeded') ?? 0;
  const wanted = numberAt(specOf(object), 'completions');
  if (wanted !== undefined) return `${done}/${wanted}`;
  const parallelism = numberAt(specOf(object), 'parallelism') ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function durationCell(object: JsonObject, now: number): string {
  const start = stringAt(statusOf(object), 'startTime');
  if (start === '') return '';
  const end = stringAt(statusOf(object), 'completionTime');
  return spanText(start, end === '' ? now : Date.parse(end));
}

const omitted = (field: string, detail: string): FieldError => ({
  field,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${detail}`,
});

function validateStatus(object: JsonObject, old: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const status = statusOf(object);
  const before = statusOf(old);
  checkNonNegative(status, ['active', 'succeeded', 'failed', 'ready', 'terminating'], 'status', errors);
  for (const type of ['Failed', 'Complete', 'FailureTarget', 'SuccessCriteriaMet'])
    if (hasCondition(old, type) && !hasCondition(object, type))
      errors.push(
        omitted(
          'status.conditions',
          type === 'SuccessCriteriaMet'
            ? 'cannot disable the SuccessCriteriaMet=True condition'
            : `cannot disable the terminal ${type}=True condition`,
        ),
      );
  if (hasCondition(object, 'Complete') && hasCondition(object, 'Failed'))
    errors.push(omitted('status.conditions', 'cannot set Complete=True and Failed=true conditions'));
  const end = before.completionTime;
  if (end !== undefined && status.completionTime !== undefined && status.completionTime !== end)
    errors.push(invalid('status.completionTime', status.completionTime, 'field is immutable'));
  return errors;
}

export const jobKind = defineKind({
  type: jobs,
  schema: 'io.k8s.api.batch.v1.Job',
  categories: ['all'],
  subresources: [statusSubresource('Job', { validate: validateStatus })],
  generationOf: ['spec'],
  setDefaults,
  prepareForCreate,
  validate: validateJob,
  columns: [
    nameColumn,
    column('Status', statusText),
    column('Completions', completionsText),
    column('Duration', durationCell),
    ageColumn,
    ...templateColumns,
  ],
  fields: { 'status.successful': textField('status.succeeded', '0') },
});
