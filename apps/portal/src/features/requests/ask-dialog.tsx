'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import { nameSchema } from '@/lib/names';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { useAnnounce } from '@/ui/announcer';
import { DurationField } from '@/ui/duration-field';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Input } from '@/ui/input';
import { askForAccess } from './queries';

const roles = ['viewer', 'operator', 'developer', 'admin'] as const;
const schema = z.object({
  tenant: nameSchema,
  project: z.string(),
  role: z.string(),
  days: z.string(),
  reason: z.string().check(z.minLength(1, 'required')),
});

/** Asks for a role on a tenant or project, for ever or for a time. `place`: `tenant` or `tenant/project`, as a page names it. */
export function AskDialog({ place, onClose }: { place: string; onClose: () => void }) {
  const t = useTranslations('askAccess');
  const announce = useAnnounce();
  const client = useQueryClient();
  const [tenant = '', project = ''] = place === 'new' ? [] : place.split('/');
  const form = useForm(schema, { tenant, project, role: 'developer', days: '0', reason: '' }, useValidation());
  const send = () =>
    form.submit(async ({ reason, days, role, ...names }) => {
      await askForAccess(
        { tenant: names.tenant, role, ...(names.project ? { project: names.project } : {}) },
        reason,
        Number(days),
      );
      await client.invalidateQueries({ queryKey: ['requests'] });
      announce(t('sent'));
      onClose();
    });
  return (
    <FormDialog
      open
      title={t('title')}
      onClose={onClose}
      form={form}
      onSubmit={send}
      cancel={t('cancel')}
      submit={t('submit')}
    >
      <p className="muted">{t('explanation')}</p>
      <Field label={t('tenant')} error={form.errorOf('tenant')}>
        {(control) => (
          <Input {...control} value={form.values.tenant} onChange={(event) => form.set('tenant', event.target.value)} />
        )}
      </Field>
      <Field label={t('project')} optional={t('optional')} help={t('projectHelp')} error={form.errorOf('project')}>
        {(control) => (
          <Input
            {...control}
            value={form.values.project}
            onChange={(event) => form.set('project', event.target.value)}
          />
        )}
      </Field>
      <Field label={t('role')}>
        {({ id }) => (
          <Select
            id={id}
            value={form.values.role}
            onChange={(role) => form.set('role', role)}
            options={roles.map((role) => ({ value: role, label: t(`roles.${role}`) }))}
          />
        )}
      </Field>
      <DurationField days={form.values.days} onChange={(days) => form.set('days', days)} />
      <Field label={t('reason')} help={t('reasonHelp')} error={form.errorOf('reason')}>
        {(control) => (
          <Input {...control} value={form.values.reason} onChange={(event) => form.set('reason', event.target.value)} />
        )}
      </Field>
    </FormDialog>
  );
}
