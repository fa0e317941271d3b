import { checkName, checkRequired } from '../checks.js';
import { type FieldError, invalid, required } from '../field-error.js';
import { isJsonObject, isSame, type JsonObject, numberAt, objectAt, stringAt } from '../json.js';
import { qualifiedNameProblems } from '../names.js';

const limits: readonly (readonly [string, number])[] = [
  ['reportingInstance', 128],
  ['action', 128],
  ['reason', 128],
];

/** What the core group asks of an event in its stored form. */
export function validateEvent(event: JsonObject, controllerName: string): FieldError[] {
  const errors: FieldError[] = [];
  const own = stringAt(objectAt(event, 'metadata'), 'namespace');
  const about = stringAt(objectAt(event, 'involvedObject'), 'namespace');
  const field = 'involvedObject.namespace';
  const isNew = stringAt(event, 'eventTime') !== '';
  const mayDiffer = about === '' && (own === 'default' || own === '' || (isNew && own === 'kube-system'));
  if (!mayDiffer && (isNew ? about === '' : about !== own))
    errors.push(invalid(field, about, 'does not match event.namespace'));
  if (!isNew) return errors;
  const controller = stringAt(event, 'reportingComponent');
  if (controller === '') errors.push(required(controllerName));
  checkName(controller, controllerName, qualifiedNameProblems, errors);
  checkRequired(event, ['reportingInstance', 'action', 'reason'], '', errors);
  for (const [key, most] of limits)
    if (stringAt(event, key).length > most) errors.push(invalid(key, '', `can have at most ${most} characters`));
  if (stringAt(event, 'message').length > 1024) errors.push(invalid('message', '', 'can have at most 1024 characters'));
  return errors;
}

const frozen = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingInstance',
];

function checkSeries(event: JsonObject, errors: FieldError[]): void {
  const { series } = event;
  if (!isJsonObject(series)) return;
  if ((numberAt(series, 'count') ?? 0) < 2) errors.push(invalid('series.count', '', 'should be at least 2'));
  if (stringAt(series, 'lastObservedTime') === '') errors.push(required('series.lastObservedTime'));
}

/** What events.k8s.io/v1 asks beside: an event is written once, then only its series grows. */
export function validateEventV1(event: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors = validateEvent(event, 'reportingController');
  if (old) {
    if (!isSame(event.series, old.series)) checkSeries(event, errors);
    for (const key of frozen)
      if (!isSame(event[key] ?? null, old[key] ?? null))
        errors.push(invalid(key, event[key] ?? null, 'field is immutable'));
    if (event.reportingComponent !== old.reportingComponent)
      errors.push(invalid('reportingController', event.reportingComponent ?? null, 'field is immutable'));
    return errors;
  }
  checkSeries(event, errors);
  if (stringAt(event, 'eventTime') === '') errors.push(required('eventTime'));
  if (event.type !== 'Normal' && event.type !== 'Warning')
    errors.push(invalid('type', '', `has invalid value: ${stringAt(event, 'type')}`));
  for (const key of ['firstTimestamp', 'lastTimestamp'])
    if (stringAt(event, key) !== '') errors.push(invalid(key, '', 'needs to be unset'));
  if (numberAt(event, 'count')) errors.push(invalid('count', '', 'needs to be unset'));
  if (Object.keys(objectAt(event, 'source')).length > 0) errors.push(invalid('source', '', 'needs to be unset'));
  return errors;
}
