'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { clustersQuery } from '@/features/clusters/queries';
import type { QuotaOverviewItem } from '@/lib/contract';
import { toTenantPage } from '@/lib/paths';
import { Meter } from '@/ui/chart-frame';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { Page } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { ClusterPool } from './cluster-pool';
import { toTone } from './forecast-text';
import { overviewQuery } from './queries';

/** All tenants, those that are nearest to a limit first. */
export function AdminQuotasPage() {
  const t = useTranslations('quotas');
  const overview = useQuery(overviewQuery());
  const clusters = useQuery(clustersQuery());
  const rows = overview.data && [...overview.data].sort((a, b) => (b.nearest?.ratio ?? -1) - (a.nearest?.ratio ?? -1));
  const columns: readonly Column<QuotaOverviewItem>[] = [
    {
      key: 'tenant',
      title: t('tenant'),
      sortBy: (row) => row.name,
      render: (row) => <Link href={toTenantPage(row.name, 'quota')}>{row.name}</Link>,
    },
    {
      key: 'nearest',
      title: t('nearest'),
      render: (row) =>
        row.nearest ? <code>{row.nearest.resource}</code> : <span className="muted">{t('noLimit')}</span>,
    },
    {
      key: 'use',
      title: t('use'),
      sortBy: (row) => row.nearest?.ratio ?? -1,
      render: ({ nearest }) =>
        nearest && (
          <Meter
            label={t('useOf', { resource: nearest.resource })}
            value={nearest.ratio}
            of={1}
            tone={toTone(nearest.ratio)}
          />
        ),
    },
    {
      key: 'used',
      title: t('used'),
      align: 'right',
      render: ({ nearest, isOver }) => (
        <span className="tabular">
          {nearest ? t('usedOf', { used: nearest.used, limit: nearest.limit }) : '–'}
          {isOver && <strong> · {t('over')}</strong>}
        </span>
      ),
    },
    {
      key: 'waiting',
      title: t('waiting'),
      align: 'right',
      sortBy: (row) => row.waiting,
      render: (row) => <span className="tabular">{row.waiting}</span>,
    },
  ];
  return (
    <Page
      title={t('adminTitle')}
      description={t('adminDescription')}
      actions={
        <Equivalents
          items={[
            { title: t('adminTitle'), cli: 'slipway quota pool', api: 'GET /api/v1/quotas' },
            {
              title: t('poolEdit'),
              cli: 'slipway quota pool set cpu=nodes',
              api: 'PUT /api/v1/clusters/embedded/pool',
            },
          ]}
        />
      }
    >
      <Table
        name="quotas"
        label={t('adminTitle')}
        rows={rows}
        rowKey={(row) => row.id}
        columns={columns}
        error={overview.error}
        searchText={(row) => row.name}
        empty={
          <EmptyState icon="tenants" title={t('adminEmptyTitle')}>
            {t('adminEmpty')}
          </EmptyState>
        }
      />
      {clusters.data?.map(({ name }) => (
        <ClusterPool key={name} cluster={name} />
      ))}
    </Page>
  );
}
