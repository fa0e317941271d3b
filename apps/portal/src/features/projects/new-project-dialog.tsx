'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import { nameSchema } from '@/lib/names';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { FormDialog } from '@/ui/form-dialog';
import { TextField } from '@/ui/text-field';
import { createProject } from './queries';

const schema = z.object({ name: nameSchema, displayName: z.string() });

export function NewProjectDialog({
  tenant,
  open,
  onClose,
  onCreated,
}: {
  tenant: string;
  open: boolean;
  onClose: () => void;
  onCreated: (project: string) => void;
}) {
  const t = useTranslations('newProject');
  const form = useForm(schema, { name: '', displayName: '' }, useValidation());
  const client = useQueryClient();
  const send = () =>
    form.submit(async ({ name, displayName }) => {
      await createProject(tenant, { name, ...(displayName ? { displayName } : {}) });
      await client.invalidateQueries({ queryKey: ['t', tenant] });
      form.reset();
      onCreated(name);
    });
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
      <TextField form={form} name="name" label={t('name')} help={t('nameHelp')} />
      <TextField form={form} name="displayName" label={t('displayName')} optional={t('optional')} isProse />
    </FormDialog>
  );
}
