'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Dialog } from '@/ui/dialog';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { createToken, meQuery } from './queries';
import { ShownOnce } from './shown-once';

const schema = z.object({
  name: z.string().check(z.minLength(1, 'required')),
  days: z.string(),
  scopes: z.string(),
  tenant: z.string(),
  ranges: z.string(),
});
const empty = { name: '', days: '90', scopes: '', tenant: '', ranges: '' };
const lifetimes = ['7', '30', '90', '365'] as const;

export const toWords = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

export function NewTokenDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTranslations('me');
  const account = useTranslations('account');
  const client = useQueryClient();
  const tenants = useQuery(meQuery()).data?.memberships ?? [];
  const [made, setMade] = useState<string>();
  const form = useForm(schema, empty, useValidation());
  const send = () =>
    form.submit(async ({ name, days, scopes, tenant, ranges }) => {
      const token = await createToken({
        name,
        ranges: toWords(ranges),
        ...(days ? { expiresInDays: Number(days) } : {}),
        ...(scopes.trim() ? { scopes: toWords(scopes) } : {}),
        ...(tenant ? { tenant } : {}),
      });
      setMade(token.token);
      await client.invalidateQueries({ queryKey: ['me', 'tokens'] });
    });
  const close = () => {
    setMade(undefined);
    form.reset();
    onClose();
  };
  return (
    <Dialog
      open={open}
      title={t('newToken')}
      onClose={close}
      footer={
        made ? (
          <Button onClick={close}>{t('done')}</Button>
        ) : (
          <Button type="primary" loading={form.isSending} onClick={send}>
            {t('createToken')}
          </Button>
        )
      }
    >
      {made ? (
        <ShownOnce token={made} />
      ) : (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <Field label={t('tokenName')} help={t('tokenNameHelp')} error={form.errorOf('name')}>
            {(control) => (
              <Input
                {...control}
                value={form.values.name}
                onChange={(event) => form.set('name', event.target.value)}
                autoComplete="off"
              />
            )}
          </Field>
          <Field label={t('lifetime')} error={form.errorOf('expiresInDays')}>
            {({ id }) => (
              <Select
                id={id}
                value={form.values.days}
                onChange={(days) => form.set('days', days)}
                options={[
                  ...lifetimes.map((days) => ({ value: days, label: t('days', { count: Number(days) }) })),
                  { value: '', label: account('longest') },
                ]}
              />
            )}
          </Field>
          <Field label={account('onlyTenant')} error={form.errorOf('tenant')}>
            {({ id }) => (
              <Select
                id={id}
                value={form.values.tenant}
                onChange={(tenant) => form.set('tenant', tenant)}
                options={[
                  { value: '', label: account('everywhere') },
                  ...tenants.map(({ tenant }) => ({ value: tenant, label: tenant })),
                ]}
              />
            )}
          </Field>
          <Field label={account('scopes')} help={account('scopesHelp')} error={form.errorOf('scopes')}>
            {(control) => (
              <Input
                {...control}
                value={form.values.scopes}
                onChange={(event) => form.set('scopes', event.target.value)}
                spellCheck={false}
              />
            )}
          </Field>
          <Field label={account('ranges')} help={account('rangesHelp')} error={form.errorOf('ranges')}>
            {(control) => (
              <Input
                {...control}
                value={form.values.ranges}
                onChange={(event) => form.set('ranges', event.target.value)}
                spellCheck={false}
              />
            )}
          </Field>
          {form.problem ? <ErrorBox error={form.problem} /> : null}
          <button type="submit" hidden />
        </form>
      )}
    </Dialog>
  );
}
