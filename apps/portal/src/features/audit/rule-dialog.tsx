'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { TextField } from '@/ui/text-field';
import { createRule, presetsQuery } from './queries';

const schema = z.object({
  name: z.string().check(z.minLength(1, 'required')),
  preset: z.string(),
  actions: z.string(),
  actor: z.string(),
});
const empty = { name: '', preset: '', actions: '', actor: '' };

/** A rule by one of the presets, or by actions and who did them; the rest is for the command line. */
export function RuleDialog({ tenant, onClose }: { tenant: string | undefined; onClose: () => void }) {
  const t = useTranslations('auditRules');
  const client = useQueryClient();
  const presets = useQuery(presetsQuery()).data ?? [];
  const form = useForm(schema, empty, useValidation());
  const send = () =>
    form.submit(async ({ name, preset, actions, actor }) => {
      const words = actions.split(/[\s,]+/).filter(Boolean);
      const filter = { ...(words.length > 0 && { actions: words }), ...(actor && { actor }) };
      await createRule(tenant, { name, ...(preset ? { preset } : { filter }) });
      await client.invalidateQueries({ queryKey: ['audit-rules'] });
      onClose();
    });
  const offered = presets.filter(({ of }) => of === 'all' || tenant === undefined);
  return (
    <FormDialog open title={t('create')} onClose={onClose} form={form} onSubmit={send} submit={t('create')}>
      <TextField form={form} name="name" label={t('name')} />
      <Field label={t('preset')} error={form.errorOf('preset')}>
        {({ id }) => (
          <Select
            id={id}
            value={form.values.preset}
            onChange={(preset) => form.set('preset', preset)}
            options={[
              { value: '', label: t('noPreset') },
              ...offered.map(({ name }) => ({ value: name, label: name })),
            ]}
          />
        )}
      </Field>
      {form.values.preset === '' && (
        <>
          <TextField form={form} name="actions" label={t('actions')} help={t('actionsHelp')} />
          <TextField form={form} name="actor" label={t('actor')} />
        </>
      )}
    </FormDialog>
  );
}
