'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { meQuery } from '@/features/identity/queries';
import { tenantQuery } from '@/features/tenants/queries';
import { toCli } from '@/lib/cli';
import { useAddress } from '@/lib/use-address';
import { Equivalents } from '@/ui/equivalents';
import { Select } from '@/ui/field';
import { Page, Section } from '@/ui/page';
import { Time } from '@/ui/time';
import { LimitsTree } from './limits-tree';
import { cancelWait, quotaQuery, waitsQuery } from './queries';
import { QuotaBars } from './quota-bars';
import { RequestQuotaDialog } from './request-dialog';

/** What a tenant, or the project in the address, may use and uses; who waits for room. */
export function QuotaPage({ tenant }: { tenant: string }) {
  const t = useTranslations('quotas');
  const [project, setProject] = useAddress('project', '');
  const place = project === '' ? { tenant } : { tenant, project };
  const whole = useQuery(quotaQuery({ tenant })).data;
  const quota = useQuery(quotaQuery(place));
  const me = useQuery(meQuery()).data;
  const role = useQuery(tenantQuery(tenant)).data?.myRole;
  const [asked, setAsked] = useAddress('ask', '');
  const [environment, setEnvironment] = useAddress('environment', '');
  const [isEditing, setEditing] = useState(false);
  const mayEdit = me?.isAdmin || role === 'owner' || role === 'admin';
  const limited = quota.data?.items.filter(({ limit }) => limit !== null).map(({ resource }) => resource) ?? [];
  const api =
    project === '' ? `/api/v1/tenants/${tenant}/quota` : `/api/v1/tenants/${tenant}/projects/${project}/quota`;
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <Equivalents
            items={[
              { title: t('title'), cli: toCli('quota show', place), api: `GET ${api}` },
              { title: t('ask'), cli: toCli('quota request cpu=2 --reason …', place), api: 'POST /api/v1/requests' },
            ]}
          />
          <Button
            disabled={!mayEdit || !quota.data}
            title={mayEdit ? undefined : t('mayNotEdit')}
            onClick={() => setEditing(true)}
          >
            {t('editLimits')}
          </Button>
          <Button type="primary" disabled={limited.length === 0} onClick={() => setAsked(limited[0] ?? '')}>
            {t('ask')}
          </Button>
        </>
      }
    >
      <Select
        id="quota-project"
        aria-label={t('scope')}
        value={project}
        onChange={(name: string) => setProject(name)}
        options={[
          { value: '', label: t('wholeTenant', { tenant }) },
          ...(whole?.children.map(({ name }) => ({ value: name, label: name })) ?? []),
        ]}
      />
      {isEditing && (
        <LimitsTree tenant={tenant} mayEditTenant={me?.isAdmin ?? false} onClose={() => setEditing(false)} />
      )}
      <QuotaBars items={quota.data?.items} error={quota.error} />
      <Waits tenant={tenant} />
      {asked !== '' && (
        <RequestQuotaDialog
          place={environment === '' ? place : { ...place, environment }}
          resources={[asked, ...limited.filter((resource) => resource !== asked)]}
          onClose={() => {
            setAsked('');
            setEnvironment('');
          }}
        />
      )}
    </Page>
  );
}

function Waits({ tenant }: { tenant: string }) {
  const t = useTranslations('quotas');
  const client = useQueryClient();
  const waits = useQuery(waitsQuery(tenant)).data ?? [];
  if (waits.length === 0) return null;
  const cancel = async (id: string) => {
    await cancelWait(tenant, id);
    await client.invalidateQueries({ queryKey: ['t', tenant, 'quota-queue'] });
  };
  return (
    <Section title={t('queue')} flush>
      <ul className="rows">
        {waits.map((wait) => (
          <li key={wait.id}>
            <span className="strong tabular">{wait.position}</span> <code>{wait.subject}</code>{' '}
            <span className="muted">
              {t('lacks', { missing: wait.blockedBy.missing, resource: wait.blockedBy.resource })} · {wait.createdBy} ·{' '}
              <Time at={wait.createdAt} />
            </span>{' '}
            <Button type="text" onClick={() => void cancel(wait.id)}>
              {t('giveUp')}
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
