'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { blueprintsQuery } from '@/features/onboarding/queries';
import { nameSchema } from '@/lib/names';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Field } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { TextField } from '@/ui/text-field';
import { BadLine, readEnvironments, readGroups } from './blueprint-form';
import { createBlueprint } from './queries';

const schema = z.object({
  name: nameSchema,
  displayName: z.string(),
  description: z.string(),
  environments: z.string().check(z.minLength(1, 'required')),
  groups: z.string(),
});
const initial = {
  name: '',
  displayName: '',
  description: '',
  environments: 'staging staging\nproduction production',
  groups: '',
};

/** What new projects can be made from: their environments and groups, a line each. */
export function NewBlueprintDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTranslations('blueprints');
  const client = useQueryClient();
  const form = useForm(schema, initial, useValidation());
  const [bad, setBad] = useState<Partial<Record<'environments' | 'groups', string>>>({});
  const read = <T,>(name: 'environments' | 'groups', parse: (text: string) => T): T | undefined => {
    try {
      return parse(form.values[name]);
    } catch (error) {
      if (!(error instanceof BadLine)) throw error;
      setBad((others) => ({ ...others, [name]: t('badLine', { line: error.line }) }));
      return undefined;
    }
  };
  const send = async () => {
    setBad({});
    const environments = read('environments', readEnvironments);
    const groups = read('groups', readGroups);
    if (!environments || !groups) return;
    await form.submit(async ({ name, displayName, description }) => {
      const content = { environments, groups, limits: {} };
      await createBlueprint({ name, description, content, ...(displayName ? { displayName } : {}) });
      await client.invalidateQueries({ queryKey: blueprintsQuery().queryKey });
      form.reset();
      onClose();
    });
  };
  const lines = (name: 'environments' | 'groups', help: string) => (
    <Field label={t(name)} help={help} error={bad[name] ?? form.errorOf(name)}>
      {({ status, ...control }) => (
        <textarea
          {...control}
          className={status === 'error' ? 'text-area mono text-area-bad' : 'text-area mono'}
          rows={4}
          spellCheck={false}
          value={form.values[name]}
          onChange={(event) => form.set(name, event.target.value)}
        />
      )}
    </Field>
  );
  return (
    <FormDialog open={open} title={t('create')} onClose={onClose} form={form} onSubmit={send} submit={t('createVerb')}>
      <TextField form={form} name="name" label={t('name')} />
      <TextField form={form} name="displayName" label={t('displayName')} isProse />
      <TextField form={form} name="description" label={t('about')} isProse />
      {lines('environments', t('environmentsHelp'))}
      {lines('groups', t('groupsHelp'))}
    </FormDialog>
  );
}
