'use client';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import { nameSchema } from '@/lib/names';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Input } from '@/ui/input';
import { blueprintsQuery, requestTenant } from './queries';

const schema = z.object({
  name: nameSchema,
  displayName: z.string(),
  purpose: z.string().check(z.minLength(1, 'required')),
  project: z.union([nameSchema, z.literal('')]),
  blueprint: z.string(),
});
const initial = { name: '', displayName: '', purpose: '', project: '', blueprint: 'web-team' };

/** Anybody may ask for a tenant; its progress is then followed on a page of its own. */
export function RequestTenantDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTranslations('requestTenant');
  const form = useForm(schema, initial, useValidation());
  const router = useRouter();
  const blueprints = useQuery({ ...blueprintsQuery(), enabled: open }).data ?? [];
  const send = () =>
    form.submit(async ({ name, displayName, purpose, project, blueprint }) => {
      const projects = project ? [{ name: project, blueprint }] : [];
      const request = await requestTenant({ name, purpose, projects, ...(displayName ? { displayName } : {}) });
      onClose();
      form.reset();
      router.push(`/requests/${request.id}/setup`);
    });
  const text = (key: 'name' | 'displayName' | 'purpose' | 'project', isOptional: boolean) => (
    <Field
      label={t(key)}
      help={t(`${key}Help`)}
      error={form.errorOf(key) ?? form.errorOf(`payload.${key}`)}
      optional={isOptional ? t('optional') : undefined}
    >
      {(control) => (
        <Input
          {...control}
          value={form.values[key]}
          onChange={(event) => form.set(key, event.target.value)}
          autoComplete="off"
          spellCheck={false}
        />
      )}
    </Field>
  );
  return (
    <FormDialog
      open={open}
      title={t('title')}
      onClose={onClose}
      form={form}
      onSubmit={send}
      cancel={t('cancel')}
      submit={form.values.name ? t('submitNamed', { name: form.values.name }) : t('submit')}
    >
      <p className="muted">{t('explanation')}</p>
      {text('name', false)}
      {text('displayName', true)}
      {text('purpose', false)}
      {text('project', true)}
      <Field label={t('blueprint')} help={blueprints.find(({ name }) => name === form.values.blueprint)?.description}>
        {({ id, 'aria-describedby': note }) => (
          <Select
            id={id}
            aria-describedby={note}
            value={form.values.blueprint}
            options={blueprints.map(({ name, displayName }) => ({ value: name, label: displayName }))}
            onChange={(to) => form.set('blueprint', to)}
          />
        )}
      </Field>
    </FormDialog>
  );
}
