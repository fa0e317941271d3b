'use client';
import { useTranslations } from 'next-intl';
import type { Quota } from '@/lib/contract';
import { Meter } from '@/ui/chart-frame';
import { EmptyState } from '@/ui/empty-state';
import { type Column, Table } from '@/ui/table';
import { ForecastText, toTone } from './forecast-text';

type Item = Quota['items'][number];

/** Each resource as a bar, with what is left and when it is full. */
export function QuotaBars({ items, error }: { items: readonly Item[] | undefined; error: unknown }) {
  const t = useTranslations('quotas');
  const columns: readonly Column<Item>[] = [
    {
      key: 'resource',
      title: t('resource'),
      sortBy: (item) => item.resource,
      render: (item) => <code>{item.resource}</code>,
    },
    {
      key: 'bar',
      title: t('use'),
      sortBy: (item) => item.ratio ?? -1,
      render: (item) =>
        item.ratio === null ? (
          <span className="muted">{t('noLimit')}</span>
        ) : (
          <Meter label={t('useOf', { resource: item.resource })} value={item.ratio} of={1} tone={toTone(item.ratio)} />
        ),
    },
    {
      key: 'used',
      title: t('used'),
      align: 'right',
      render: (item) => (
        <span className="tabular">
          {item.limit === null ? item.used : t('usedOf', { used: item.used, limit: item.limit })}
          {item.isOver && <strong> · {t('over')}</strong>}
        </span>
      ),
    },
    {
      key: 'shared',
      title: t('shared'),
      align: 'right',
      wide: true,
      render: (item) => <span className="tabular">{item.shared ?? '–'}</span>,
    },
    {
      key: 'granted',
      title: t('granted'),
      align: 'right',
      wide: true,
      render: (item) => <span className="tabular">{item.granted === '0' ? '–' : `+${item.granted}`}</span>,
    },
    { key: 'forecast', title: t('forecast'), wide: true, render: (item) => <ForecastText forecast={item.forecast} /> },
  ];
  return (
    <Table
      name="quota"
      label={t('title')}
      rows={items}
      rowKey={(item) => item.resource}
      columns={columns}
      error={error}
      searchText={(item) => item.resource}
      empty={
        <EmptyState icon="overview" title={t('emptyTitle')} command="slipway quota show">
          {t('empty')}
        </EmptyState>
      }
    />
  );
}
