'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { EmptyState } from '@/ui/empty-state';
import { Section } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { type ImageReport, reportsQuery } from './queries';

const severities = ['critical', 'high', 'medium', 'low'] as const;

/** What scanners found, by image. */
export function ImageReports({ tenant }: { tenant: string | undefined }) {
  const t = useTranslations('imagePolicies');
  const reports = useQuery(reportsQuery(tenant));
  const columns: readonly Column<ImageReport>[] = [
    {
      key: 'image',
      title: t('image'),
      render: (report) => (
        <>
          <span className="break">{report.image}</span> <code title={report.name}>{report.name.slice(7, 19)}</code>
        </>
      ),
    },
    ...severities.map(
      (severity): Column<ImageReport> => ({
        key: severity,
        title: t(`severities.${severity}`),
        align: 'right',
        sortBy: ({ counts }) => counts[severity],
        render: ({ counts }) => <span className="tabular">{counts[severity]}</span>,
      }),
    ),
    { key: 'scanner', title: t('scanner'), wide: true, render: ({ scanner }) => scanner },
    { key: 'at', title: t('scanned'), render: ({ scannedAt }) => <Time at={scannedAt} /> },
    {
      key: 'by',
      title: t('by'),
      wide: true,
      render: ({ reportedBy, tenant: of }) => (
        <>
          {reportedBy === 'attached' ? t('attached') : reportedBy}{' '}
          {of === null && <span className="muted">{t('ofPlatform')}</span>}
        </>
      ),
    },
  ];
  return (
    <Section title={t('reports')} flush>
      <Table
        name="reports"
        label={t('reports')}
        rows={reports.data}
        rowKey={(report) => report.id}
        columns={columns}
        error={reports.error}
        searchText={(report) => `${report.image} ${report.name}`}
        empty={
          <EmptyState
            icon="images"
            title={t('noReportsTitle')}
            command={`slipway images report sha256:…${tenant ? '' : ' --platform'} --file report.json`}
          >
            {t('noReports')}
          </EmptyState>
        }
      />
    </Section>
  );
}
