import { checkEnum, checkNonNegative } from '../checks.js';
import {
  booleanColumn,
  containerColumns,
  countColumn,
  metadataOf,
  sinceColumn,
  specOf,
  textColumn,
  wideSelector,
} from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type FieldError, invalid, notSupported, required } from '../field-error.js';
import { defaultFailurePolicy } from '../job/job.kind.js';
import { validateJobSpec } from '../job/job.validation.js';
import { isJsonObject, type JsonObject, objectAt, stringAt } from '../json.js';
import { defaultPodTemplate, presentAt, setDefault, setZero } from '../pod/pod.defaults.js';
import { cronJobs } from '../refs.js';
import { scheduleProblem } from './schedule.js';

const zonePart = /^[A-Za-z.\-_0-9+]{1,14}$/;

function zoneProblem(zone: string): string | undefined {
  if (zone === '') return 'timeZone must be nil or non-empty string';
  for (const part of zone.split('/'))
    if (part === '.' || part === '..' || part.startsWith('-') || !zonePart.test(part))
      return `unknown time zone ${zone}`;
  if (zone.toLowerCase() === 'local')
    return 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return undefined;
  } catch {
    return `unknown time zone ${zone}`;
  }
}

function validate(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = specOf(object);
  const before = old && specOf(old);
  const errors: FieldError[] = [];
  const schedule = stringAt(spec, 'schedule');
  if (schedule === '') errors.push(required('spec.schedule'));
  else {
    const problem = scheduleProblem(schedule);
    if (problem) errors.push(invalid('spec.schedule', schedule, problem));
    const mayNameZone = stringAt(before, 'schedule').includes('TZ');
    if (schedule.includes('TZ')) {
      if (!mayNameZone)
        errors.push(
          invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
        );
      else if (spec.timeZone !== undefined)
        errors.push(invalid('spec.schedule', schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
    }
  }
  checkNonNegative(spec, ['startingDeadlineSeconds'], 'spec', errors);
  if (typeof spec.timeZone === 'string' && before?.timeZone !== spec.timeZone) {
    const problem = zoneProblem(spec.timeZone);
    if (problem) errors.push(invalid('spec.timeZone', spec.timeZone, problem));
  }
  checkEnum(spec, 'concurrencyPolicy', 'spec', ['Allow', 'Forbid', 'Replace'], errors);
  const job = objectAt(objectAt(spec, 'jobTemplate'), 'spec');
  errors.push(...validateJobSpec(job, 'spec.jobTemplate.spec'));
  if (isJsonObject(job.selector))
    errors.push(invalid('spec.jobTemplate.spec.selector', job.selector, '`selector` will be auto-generated'));
  if (job.manualSelector === true)
    errors.push(notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']));
  checkNonNegative(spec, ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'], 'spec', errors);
  const name = stringAt(metadataOf(object), 'name');
  if (!old && name.length > 52) errors.push(invalid('metadata.name', name, 'must be no more than 52 characters'));
  return errors;
}

const containers = 'spec.jobTemplate.spec.template.spec.containers';

export const cronJobKind = defineKind({
  type: cronJobs,
  schema: 'io.k8s.api.batch.v1.CronJob',
  shortNames: ['cj'],
  categories: ['all'],
  subresources: [statusSubresource('CronJob')],
  generationOf: ['spec'],
  setDefaults: (draft) => {
    const spec = presentAt(draft, 'spec');
    setZero(spec, 'concurrencyPolicy', 'Allow');
    setDefault(spec, 'suspend', false);
    setDefault(spec, 'successfulJobsHistoryLimit', 3);
    setDefault(spec, 'failedJobsHistoryLimit', 1);
    const job = presentAt(presentAt(spec, 'jobTemplate'), 'spec');
    defaultFailurePolicy(job);
    defaultPodTemplate(job);
  },
  prepareForCreate: (draft) => {
    draft.status = {};
  },
  validate,
  columns: [
    nameColumn,
    textColumn('Schedule', 'spec.schedule'),
    textColumn('Timezone', 'spec.timeZone', '<none>'),
    booleanColumn('Suspend', 'spec.suspend'),
    countColumn('Active', 'status.active'),
    sinceColumn('Last Schedule', 'status.lastScheduleTime', '<none>'),
    ageColumn,
    ...containerColumns(containers),
    wideSelector('spec.jobTemplate.spec.selector'),
  ],
});
