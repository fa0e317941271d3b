'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { applicationKey } from '@/features/applications/queries';
import { useMay } from '@/features/identity/use-may';
import { toCli } from '@/lib/cli';
import type { Domain } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { ExternalLink } from '@/ui/external-link';
import { Field } from '@/ui/field';
import { Input } from '@/ui/input';
import { Section } from '@/ui/page';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { StatusBadge, type StatusTone } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { CertificateDialog } from './certificate-dialog';
import { HttpsSwitch } from './https-switch';
import { PendingDomain } from './pending-domain';
import { addDomain, domainsQuery, removeDomain } from './queries';

const schema = z.object({
  hostname: z
    .string()
    .check(
      z.regex(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/, 'hostname'),
    ),
});

const certificateTones = {
  valid: 'healthy',
  expiring: 'degraded',
  expired: 'failed',
  missing: 'degraded',
  invalid: 'failed',
} as const satisfies Record<string, StatusTone>;

export function DomainsTab({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('domains');
  const client = useQueryClient();
  const domains = useQuery(domainsQuery(ref));
  const form = useForm(schema, { hostname: '' }, useValidation());
  const refresh = () => client.invalidateQueries({ queryKey: applicationKey(ref) });
  const removal = useRemoval((domain: Domain) => removeDomain(ref, domain.hostname), refresh);
  const send = () =>
    form.submit(async ({ hostname }) => {
      await addDomain(ref, hostname);
      form.reset();
      await refresh();
    });
  const may = useMay(ref);
  const [mayWrite, mayCertify] = [may('domains:write'), may('secrets:write')];
  const [certified, setCertified] = useState<string>();
  const shown = domains.data?.find(({ hostname }) => hostname === certified);
  const pending = domains.data?.filter(({ state }) => state === 'pending') ?? [];
  const columns: readonly Column<Domain>[] = [
    {
      key: 'hostname',
      title: t('hostname'),
      sortBy: (domain) => domain.hostname,
      render: (domain) =>
        domain.state === 'verified' ? (
          <ExternalLink href={domain.url}>{domain.hostname}</ExternalLink>
        ) : (
          domain.hostname
        ),
    },
    {
      key: 'state',
      title: t('state'),
      sortBy: (domain) => domain.state,
      render: ({ state }) => (
        <StatusBadge state={state} tone={state === 'verified' ? 'healthy' : 'degraded'} label={t(`states.${state}`)} />
      ),
    },
    {
      key: 'certificate',
      title: t('certificate'),
      render: ({ certificate }) =>
        certificate ? (
          <span title={certificate.message ?? undefined}>
            <StatusBadge
              state={certificate.state}
              tone={certificateTones[certificate.state]}
              label={t(`certificates.${certificate.state}`)}
            />{' '}
            {certificate.notAfter && <Time at={certificate.notAfter} />}
          </span>
        ) : (
          <span className="muted">{t('certificateNone')}</span>
        ),
    },
    {
      key: 'https',
      title: t('https'),
      render: (domain) => <HttpsSwitch application={ref} domain={domain} mayChange={mayWrite} onChanged={refresh} />,
    },
    {
      key: 'kind',
      title: t('kind'),
      render: (domain) => (domain.isDefault ? <span className="muted">{t('default')}</span> : t('own')),
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (domain) => (
        <span className="row-actions">
          <Button
            size="small"
            disabled={!mayCertify}
            title={mayCertify ? undefined : t('mayNot')}
            aria-label={t('certificateOf', { hostname: domain.hostname })}
            onClick={() => setCertified(domain.hostname)}
          >
            {t('certificate')}
          </Button>
          <Button
            size="small"
            disabled={domain.isDefault || !mayWrite}
            title={domain.isDefault ? t('defaultStays') : mayWrite ? undefined : t('mayNot')}
            onClick={() => removal.ask(domain)}
          >
            {t('remove')}
          </Button>
        </span>
      ),
    },
  ];
  const base = `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/environments/${ref.environment}/domains`;
  return (
    <>
      <Table
        name="domains"
        label={t('title')}
        rows={domains.data}
        rowKey={(domain) => domain.hostname}
        columns={columns}
        error={domains.error}
        searchText={(domain) => domain.hostname}
        actions={
          <Equivalents
            items={[
              { title: t('title'), cli: toCli('domains list', ref), api: `GET ${base}` },
              {
                title: t('add'),
                cli: toCli('domains add www.example.com', ref),
                api: `POST ${base}\n{"hostname":"www.example.com"}`,
              },
              {
                title: t('certificate'),
                cli: toCli('domains certificate www.example.com --cert chain.pem --key key.pem', ref),
                api: `PUT ${base}/www.example.com/certificate\n{"secret":"www-tls"}`,
              },
              {
                title: t('httpsOnly'),
                cli: toCli('domains https www.example.com only', ref),
                api: `PATCH ${base}/www.example.com\n{"https":"only"}`,
              },
            ]}
          />
        }
        empty={<p className="muted pad">{t('none')}</p>}
      />
      {pending.map((domain) => (
        <PendingDomain
          key={domain.hostname}
          application={ref}
          domain={domain}
          mayVerify={mayWrite}
          onLooked={refresh}
        />
      ))}
      {shown && (
        <CertificateDialog
          key={shown.hostname}
          application={ref}
          domain={shown}
          onClose={() => setCertified(undefined)}
          onChanged={refresh}
        />
      )}
      <Section title={t('add')}>
        <p className="muted">{t('explanation')}</p>
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <Field label={t('hostname')} error={form.errorOf('hostname')}>
            {(control) => (
              <div className="with-button">
                <Input
                  {...control}
                  className="mono"
                  value={form.values.hostname}
                  placeholder="www.example.com"
                  spellCheck={false}
                  onChange={(event) => form.set('hostname', event.target.value.trim().toLowerCase())}
                />
                <Button type="primary" htmlType="submit" loading={form.isSending}>
                  {t('addVerb')}
                </Button>
              </div>
            )}
          </Field>
          {form.problem ? <ErrorBox error={form.problem} /> : null}
        </form>
      </Section>
      <ConfirmRemoval
        removal={removal}
        title={t('removeTitle')}
        nameOf={({ hostname }) => hostname}
        verbOf={(hostname) => t('removeNamed', { hostname })}
      >
        <p>{t('removeExplanation')}</p>
      </ConfirmRemoval>
    </>
  );
}
