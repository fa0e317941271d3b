'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { TenantBlueprints } from '@/features/blueprints/tenant-blueprints';
import { ScopeConfig } from '@/features/config/scope-config';
import { meQuery } from '@/features/identity/queries';
import type { Tenant } from '@/lib/contract';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { useAnnounce } from '@/ui/announcer';
import { ConfirmByTyping } from '@/ui/confirm-by-typing';
import { Id } from '@/ui/copy';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { Input } from '@/ui/input';
import { Facts, Page, Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { Time } from '@/ui/time';
import { deleteTenant, tenantQuery, updateTenant } from './queries';

export function TenantSettings({ tenant: name }: { tenant: string }) {
  const t = useTranslations('tenantSettings');
  const tenant = useQuery(tenantQuery(name));
  if (tenant.error && !tenant.data) return <ErrorBox error={tenant.error} />;
  return (
    <Page
      narrow
      title={t('title')}
      actions={
        <Equivalents
          items={[
            { title: t('title'), cli: `slipway tenants get ${name} -o yaml`, api: `GET /api/v1/tenants/${name}` },
            { title: t('save'), api: `PATCH /api/v1/tenants/${name}\n{"displayName":"Acme Inc."}` },
          ]}
        />
      }
    >
      {tenant.data && (
        <>
          <Section title={t('general')}>
            <Facts
              items={[
                { label: t('name'), value: <code>{tenant.data.name}</code> },
                { label: t('id'), value: <Id value={tenant.data.id} short={tenant.data.id.slice(-12)} /> },
                { label: t('state'), value: <StatusBadge state={tenant.data.state} /> },
                { label: t('created'), value: <Time at={tenant.data.createdAt} /> },
              ]}
            />
            <DisplayNameForm tenant={tenant.data} />
          </Section>
          <ScopeConfig place={{ tenant: name }} />
          <TenantBlueprints tenant={name} />
          <DeleteTenant tenant={tenant.data} />
        </>
      )}
    </Page>
  );
}

const schema = z.object({ displayName: z.string() });

function DisplayNameForm({ tenant }: { tenant: Tenant }) {
  const t = useTranslations('tenantSettings');
  const announce = useAnnounce();
  const client = useQueryClient();
  const form = useForm(schema, { displayName: tenant.displayName }, useValidation());
  const send = () =>
    form.submit(async ({ displayName }) => {
      await updateTenant(tenant.name, { displayName });
      await Promise.all([
        client.invalidateQueries({ queryKey: ['t', tenant.name] }),
        client.invalidateQueries({ queryKey: ['tenants'] }),
      ]);
      announce(t('saved'));
    });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Field label={t('displayName')} error={form.errorOf('displayName')}>
        {(control) => (
          <Input
            {...control}
            value={form.values.displayName}
            onChange={(event) => form.set('displayName', event.target.value)}
          />
        )}
      </Field>
      {form.problem ? <ErrorBox error={form.problem} /> : null}
      <div>
        <Button htmlType="submit" loading={form.isSending} disabled={form.values.displayName === tenant.displayName}>
          {t('save')}
        </Button>
      </div>
    </form>
  );
}

function DeleteTenant({ tenant }: { tenant: Tenant }) {
  const t = useTranslations('tenantSettings');
  const router = useRouter();
  const client = useQueryClient();
  const isAdmin = useQuery(meQuery()).data?.isAdmin ?? false;
  const [open, setOpen] = useState(false);
  const removal = useMutation({
    mutationFn: () => deleteTenant(tenant.name),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['tenants'] });
      router.push('/?choose=1');
    },
  });
  return (
    <Section title={t('danger')}>
      <div className="danger-row">
        <div>
          <strong>{t('delete')}</strong>
          <p className="muted">{isAdmin ? t('deleteExplanation') : t('deleteMayNot')}</p>
        </div>
        <Button danger disabled={!isAdmin} onClick={() => setOpen(true)}>
          {t('delete')}
        </Button>
      </div>
      <ConfirmByTyping
        open={open}
        title={t('delete')}
        name={tenant.name}
        verb={t('deleteNamed', { name: tenant.name })}
        isRunning={removal.isPending}
        error={removal.error}
        onConfirm={() => removal.mutate()}
        onClose={() => setOpen(false)}
      >
        <p>{t('deleteExplanation')}</p>
      </ConfirmByTyping>
    </Section>
  );
}
