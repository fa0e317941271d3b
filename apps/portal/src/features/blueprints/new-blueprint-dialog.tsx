'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { blueprintsQuery } from '@/features/onboarding/queries';
import { nameSchema } from '@/lib/names';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { TextField } from '@/ui/text-field';
import { BadLine, readConfig, readEnvironments, readGroups } from './blueprint-form';
import { type BlueprintOwner, createBlueprint, tenantBlueprintsQuery } from './queries';

const schema = z.object({
  name: nameSchema,
  displayName: z.string(),
  description: z.string(),
  environments: z.string().check(z.minLength(1, 'required')),
  groups: z.string(),
  config: z.string(),
  mode: z.string(),
});
const modes = ['tenant', 'project', 'namespace'] as const;
type LineField = 'environments' | 'groups' | 'config';
const initial = {
  name: '',
  displayName: '',
  description: '',
  environments: 'staging staging\nproduction production',
  groups: '',
  config: '',
  mode: '',
};

/** What new projects can be made from: their environments, groups and variables, a line each. */
export function NewBlueprintDialog({
  tenant,
  open,
  onClose,
}: {
  tenant: BlueprintOwner;
  open: boolean;
  onClose: () => void;
}) {
  const t = useTranslations('blueprints');
  const security = useTranslations('projectSecurity');
  const client = useQueryClient();
  const form = useForm(schema, initial, useValidation());
  const [bad, setBad] = useState<Partial<Record<LineField, string>>>({});
  const read = <T,>(name: LineField, parse: (text: string) => T): T | undefined => {
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
    const config = read('config', readConfig);
    if (!environments || !groups || !config) return;
    await form.submit(async ({ name, displayName, description, mode: wanted }) => {
      const mode = modes.find((one) => one === wanted);
      const content = { environments, groups, limits: {}, config, ...(mode && { network: { mode } }) };
      await createBlueprint(tenant, { name, description, content, ...(displayName ? { displayName } : {}) });
      const { queryKey } = tenant === undefined ? blueprintsQuery() : tenantBlueprintsQuery(tenant);
      await client.invalidateQueries({ queryKey });
      form.reset();
      onClose();
    });
  };
  const lines = (name: LineField, help: string) => (
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
      {lines('config', t('configHelp'))}
      <Field label={t('network')}>
        {({ id }) => (
          <Select
            id={id}
            value={form.values.mode}
            onChange={(mode) => form.set('mode', mode)}
            options={[
              { value: '', label: t('networkOfTenant') },
              ...modes.map((value) => ({ value, label: security(`modes.${value}`) })),
            ]}
          />
        )}
      </Field>
    </FormDialog>
  );
}
