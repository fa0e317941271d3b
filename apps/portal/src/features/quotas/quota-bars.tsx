'use client';
import { useTranslations } from 'next-intl';
import type { Quota } from '@/lib/contract';
import { Meter } from '@/ui/chart-frame';
import { EmptyState } from '@/ui/empty-state';
import { type Column, Table } from '@/ui/table';

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
          <Meter label={t('useOf', { resource: item.resource })} value={item.ratio} of={1} tone={toTone(item)} />
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

function ForecastText({ forecast }: { forecast: Item['forecast'] }) {
  const t = useTranslations('quotas');
  if (!forecast) return <span className="muted">–</span>;
  if (forecast.state !== 'filling') return <span className="muted">{t(`forecasts.${forecast.state}`)}</span>;
  const { days, earliestDays, latestDays } = forecast;
  const from = earliestDays ?? 0;
  return (
    <span>
      {latestDays === null
        ? t('fullFrom', { days: days ?? 0, from })
        : t('fullBetween', { days: days ?? 0, from, to: latestDays })}
    </span>
  );
}

function toTone({ ratio, isOver }: Item): 'healthy' | 'degraded' | 'failed' {
  if (isOver || (ratio ?? 0) >= 1) return 'failed';
  return (ratio ?? 0) >= 0.8 ? 'degraded' : 'healthy';
}
