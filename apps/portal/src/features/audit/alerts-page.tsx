'use client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { AuditAlert } from '@/lib/contract';
import { EmptyState } from '@/ui/empty-state';
import { LinkButton } from '@/ui/link-button';
import { Page } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { alertsQuery } from './queries';

/** What the rules over the audit log found. */
export function AlertsPage({ tenant }: { tenant?: string }) {
  const t = useTranslations('audit');
  const alerts = useInfiniteQuery(alertsQuery(tenant));
  const columns: readonly Column<AuditAlert>[] = [
    { key: 'at', title: t('at'), sortBy: (alert) => alert.at, render: (alert) => <Time at={alert.at} /> },
    { key: 'severity', title: t('severity'), render: (alert) => t(`severities.${alert.severity}`) },
    { key: 'rule', title: t('rule'), sortBy: (alert) => alert.rule, render: (alert) => alert.rule },
    { key: 'actor', title: t('actor'), render: (alert) => <span className="strong">{alert.event.actor}</span> },
    { key: 'action', title: t('action'), render: (alert) => <code>{alert.event.action}</code> },
    {
      key: 'resource',
      title: t('resource'),
      render: (alert) => <span className="break">{alert.event.resource}</span>,
    },
    { key: 'rows', title: t('rows'), align: 'right', render: (alert) => alert.count },
  ];
  return (
    <Page
      title={t('alerts')}
      description={t('alertsDescription')}
      actions={<LinkButton href={tenant ? `/t/${tenant}/audit` : '/admin/audit'}>{t('back')}</LinkButton>}
    >
      <Table
        name="alerts"
        label={t('alerts')}
        rows={alerts.data?.pages.flatMap((page) => page.items)}
        rowKey={(alert) => alert.id}
        columns={columns}
        error={alerts.error}
        empty={
          <EmptyState icon="audit" title={t('noAlerts')}>
            {t('noAlertsHelp')}
          </EmptyState>
        }
        more={{
          has: alerts.hasNextPage,
          isLoading: alerts.isFetchingNextPage,
          load: () => void alerts.fetchNextPage(),
        }}
      />
    </Page>
  );
}
