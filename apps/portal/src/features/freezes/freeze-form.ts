import * as z from 'zod/mini';
import type { Freeze, FreezeChange, NewFreeze } from '../../lib/contract';
import { nameSchema } from '../../lib/names';

const required = z.string().check(z.minLength(1, 'required'));
export const environmentKinds = ['production', 'staging', 'development'] as const;

/** As it is typed. Times are of the browser's zone, as its own picker writes them: `2026-12-20T08:00`. */
export const freezeSchema = z
  .object({
    name: nameSchema,
    reason: required,
    kind: z.enum(['again', 'once']),
    cron: z.string(),
    hours: z.string(),
    timeZone: z.string(),
    from: z.string(),
    to: z.string(),
    environmentKinds: z.array(z.enum(environmentKinds)),
    projects: z.string(),
    applications: z.string(),
    allowRollback: z.boolean(),
  })
  .check((context) => {
    const { kind } = context.value;
    for (const path of kind === 'again' ? (['cron', 'hours'] as const) : (['from', 'to'] as const))
      if (context.value[path].trim() === '')
        context.issues.push({ code: 'custom', input: context.value, path: [path], message: 'required' });
  });
export type FreezeForm = z.infer<typeof freezeSchema>;

export const emptyFreeze = (timeZone: string): FreezeForm => ({
  name: '',
  reason: '',
  kind: 'again',
  cron: '0 16 * * 5',
  hours: '62',
  timeZone,
  from: '',
  to: '',
  environmentKinds: ['production'],
  projects: '',
  applications: '',
  allowRollback: true,
});

/** One that there is, to be changed. */
export const toFreezeForm = (freeze: Freeze, timeZone: string): FreezeForm => ({
  name: freeze.name,
  reason: freeze.reason,
  kind: freeze.cron === null ? 'once' : 'again',
  cron: freeze.cron ?? '',
  hours: freeze.durationSeconds === null ? '' : String(Number((freeze.durationSeconds / 3600).toFixed(2))),
  timeZone: freeze.cron === null ? timeZone : freeze.timeZone,
  from: toPicked(freeze.startsAt),
  to: toPicked(freeze.endsAt),
  environmentKinds: freeze.environmentKinds,
  projects: freeze.projects.join(' '),
  applications: freeze.applications.join(' '),
  allowRollback: freeze.allowRollback,
});

/** As the browser's picker writes it: of its own zone, to the minute. */
function toPicked(moment: string | null): string {
  if (moment === null) return '';
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What the kind it had before needed is taken away. The bounds of a schedule, which the form does not show, stay. */
export function toFreezeChange(form: FreezeForm, before: Freeze): FreezeChange {
  const { name: _, ...change } = toNewFreeze(form);
  if (form.kind === 'once') return { ...change, cron: null, durationSeconds: null };
  return before.cron === null ? { ...change, startsAt: null, endsAt: null } : change;
}

const toWords = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');

export function toNewFreeze(form: FreezeForm): NewFreeze {
  const when =
    form.kind === 'again'
      ? {
          cron: form.cron.trim(),
          durationSeconds: Math.round(Number(form.hours) * 3600),
          timeZone: form.timeZone.trim() || 'UTC',
        }
      : { startsAt: new Date(form.from).toISOString(), endsAt: new Date(form.to).toISOString() };
  return {
    name: form.name,
    reason: form.reason.trim(),
    ...when,
    environmentKinds: form.environmentKinds,
    projects: toWords(form.projects),
    applications: toWords(form.applications),
    allowRollback: form.allowRollback,
  };
}

/** `62 h`, `2 d 14 h`: whole hours and minutes alone. */
export function formatLength(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return [days && `${days} d`, hours && `${hours} h`, minutes && `${minutes} min`].filter(Boolean).join(' ');
}
