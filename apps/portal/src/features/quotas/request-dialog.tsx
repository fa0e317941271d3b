'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { useAnnounce } from '@/ui/announcer';
import { DurationField } from '@/ui/duration-field';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Input } from '@/ui/input';
import { askForQuota, type QuotaPlace } from './queries';

const schema = z.object({
  resource: z.string().check(z.minLength(1, 'required')),
  amount: z.string().check(z.minLength(1, 'required')),
  days: z.string(),
  reason: z.string().check(z.minLength(1, 'required')),
});

/** Asks for more of one resource, for ever or for a time after which it returns by itself. */
export function RequestQuotaDialog({
  place,
  resources,
  onClose,
}: {
  place: QuotaPlace & { readonly environment?: string };
  /** The first is chosen. */
  resources: readonly string[];
  onClose: () => void;
}) {
  const t = useTranslations('quotas');
  const announce = useAnnounce();
  const client = useQueryClient();
  const form = useForm(schema, { resource: resources[0] ?? '', amount: '', days: '0', reason: '' }, useValidation());
  const send = () =>
    form.submit(async ({ resource, amount, days, reason }) => {
      await askForQuota(place, { [resource]: amount }, reason, Number(days));
      await client.invalidateQueries({ queryKey: ['requests'] });
      announce(t('sent'));
      onClose();
    });
  return (
    <FormDialog
      open
      title={t('ask')}
      onClose={onClose}
      form={form}
      onSubmit={send}
      cancel={t('cancel')}
      submit={t('askSubmit')}
    >
      <p className="muted">{t('askHelp')}</p>
      <Field label={t('resource')} error={form.errorOf('resource')}>
        {({ id }) => (
          <Select
            id={id}
            value={form.values.resource}
            onChange={(resource) => form.set('resource', resource)}
            options={resources.map((resource) => ({ value: resource, label: resource }))}
          />
        )}
      </Field>
      <Field label={t('more')} help={t('moreHelp')} error={form.errorOf('amount')}>
        {(control) => (
          <Input {...control} value={form.values.amount} onChange={(event) => form.set('amount', event.target.value)} />
        )}
      </Field>
      <DurationField days={form.values.days} onChange={(days) => form.set('days', days)} />
      <Field label={t('reason')} error={form.errorOf('reason')}>
        {(control) => (
          <Input {...control} value={form.values.reason} onChange={(event) => form.set('reason', event.target.value)} />
        )}
      </Field>
    </FormDialog>
  );
}
