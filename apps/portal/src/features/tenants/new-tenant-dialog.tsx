'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import { nameSchema } from '@/lib/names';
import { toTenant } from '@/lib/paths';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Field } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Input } from '@/ui/input';
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
      <Field label={t('name')} help={t('nameHelp')} error={form.errorOf('name')}>
        {(control) => (
          <Input
            {...control}
            value={form.values.name}
            onChange={(event) => form.set('name', event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      <Field label={t('displayName')} optional={t('optional')} error={form.errorOf('displayName')}>
        {(control) => (
          <Input
            {...control}
            value={form.values.displayName}
            onChange={(event) => form.set('displayName', event.target.value)}
          />
        )}
      </Field>
      <Field label={t('owner')} optional={t('optional')} help={t('ownerHelp')} error={form.errorOf('owner')}>
        {(control) => (
          <Input
            {...control}
            value={form.values.owner}
            onChange={(event) => form.set('owner', event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
    </FormDialog>
  );
}
