'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import { nameSchema } from '@/lib/names';
import { toTenant } from '@/lib/paths';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { FormDialog } from '@/ui/form-dialog';
import { TextField } from '@/ui/text-field';
import { createTenant } from './queries';

const schema = z.object({ name: nameSchema, displayName: z.string(), owner: z.string() });

export function NewTenantDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTranslations('newTenant');
  const form = useForm(schema, { name: '', displayName: '', owner: '' }, useValidation());
  const client = useQueryClient();
  const router = useRouter();
  const send = () =>
    form.submit(async ({ name, displayName, owner }) => {
      await createTenant({ name, ...(displayName ? { displayName } : {}), ...(owner ? { owner } : {}) });
      await client.invalidateQueries({ queryKey: ['tenants'] });
      onClose();
      form.reset();
      router.push(toTenant(name));
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
      <TextField form={form} name="name" label={t('name')} help={t('nameHelp')} />
      <TextField form={form} name="displayName" label={t('displayName')} optional={t('optional')} isProse />
      <TextField form={form} name="owner" label={t('owner')} optional={t('optional')} help={t('ownerHelp')} />
    </FormDialog>
  );
}
