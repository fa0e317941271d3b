'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { QuotaPool } from '@/lib/contract';
import { toTenantPage } from '@/lib/paths';
import { Meter } from '@/ui/chart-frame';
import { ErrorBox } from '@/ui/error-box';
import { Section } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { toTone } from './forecast-text';
import { PoolDialog } from './pool-dialog';
import { cancelPoolWait, poolQuery, poolWaitsQuery } from './queries';

type Item = QuotaPool['items'][number];

/** What a cluster gives to all tenants together, and who waits for it. */
export function ClusterPool({ cluster }: { cluster: string }) {
  const t = useTranslations('quotas');
  const pool = useQuery(poolQuery(cluster));
  const [isEditing, setEditing] = useState(false);
  const columns: readonly Column<Item>[] = [
    { key: 'resource', title: t('resource'), render: (item) => <code>{item.resource}</code> },
    {
      key: 'nodes',
      title: t('poolNodes'),
      align: 'right',
      wide: true,
      render: (item) => <span className="tabular">{item.allocatable ?? '–'}</span>,
    },
    {
      key: 'limit',
      title: t('poolLimit'),
      align: 'right',
      render: ({ limit, followsNodes }) => (
        <span className="tabular">
          {limit === null ? t('noLimit') : followsNodes ? t('poolFollows', { limit }) : limit}
        </span>
      ),
    },
    {
      key: 'use',
      title: t('use'),
      render: (item) =>
        item.ratio !== null && (
          <Meter label={t('useOf', { resource: item.resource })} value={item.ratio} of={1} tone={toTone(item.ratio)} />
        ),
    },
    {
      key: 'used',
      title: t('used'),
      align: 'right',
      render: (item) => (
        <span className="tabular">
          {item.used}
          {item.isAwaited && <strong> · {t('poolAwaited')}</strong>}
        </span>
      ),
    },
    {
      key: 'promised',
      title: t('poolPromised'),
      align: 'right',
      wide: true,
      render: (item) => <span className="tabular">{item.promised}</span>,
    },
  ];
  const isLimited = pool.data?.items.some(({ limit }) => limit !== null) ?? true;
  return (
    <Section
      title={t('pool', { cluster })}
      actions={
        <Button size="small" disabled={!pool.data} onClick={() => setEditing(true)}>
          {t('poolEdit')}
        </Button>
      }
    >
      <p className="muted">{isLimited ? t('poolHelp') : t('poolNone')}</p>
      {pool.error && !pool.data ? <ErrorBox error={pool.error} /> : null}
      <Table
        name={`pool-${cluster}`}
        label={t('pool', { cluster })}
        rows={pool.data?.items.filter(({ resource }) => !resource.startsWith('count/'))}
        rowKey={(item) => item.resource}
        columns={columns}
        empty={<p className="muted">{t('poolNone')}</p>}
      />
      <PoolQueue cluster={cluster} />
      {isEditing && pool.data && <PoolDialog pool={pool.data} onClose={() => setEditing(false)} />}
    </Section>
  );
}

function PoolQueue({ cluster }: { cluster: string }) {
  const t = useTranslations('quotas');
  const client = useQueryClient();
  const waits = useQuery(poolWaitsQuery(cluster)).data ?? [];
  const [problem, setProblem] = useState<unknown>();
  if (waits.length === 0) return null;
  const cancel = async (id: string) => {
    setProblem(undefined);
    await cancelPoolWait(cluster, id).catch(setProblem);
    await client.invalidateQueries({ queryKey: ['pool', cluster] });
  };
  return (
    <>
      <h3>{t('poolQueue', { cluster })}</h3>
      <ul className="rows">
        {waits.map((wait) => (
          <li key={wait.id}>
            <span className="strong tabular">{wait.position}</span>{' '}
            <Link href={toTenantPage(wait.tenant, 'quota')}>{wait.tenant}</Link> <code>{wait.subject}</code>{' '}
            <span className="muted">
              {t('lacks', { missing: wait.blockedBy.missing, resource: wait.blockedBy.resource })}
              {!wait.blockedBy.fits && ` · ${t('tooLarge')}`} · {wait.createdBy} · <Time at={wait.createdAt} />
            </span>{' '}
            <Button type="text" onClick={() => void cancel(wait.id)}>
              {t('giveUp')}
            </Button>
          </li>
        ))}
      </ul>
      {problem ? <ErrorBox error={problem} /> : null}
    </>
  );
}
