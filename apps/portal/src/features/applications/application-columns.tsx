'use client';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { toApplication } from '@/lib/paths';
import { ExternalLink } from '@/ui/external-link';
import { StatusBadge } from '@/ui/status';
import type { Column } from '@/ui/table';
import { Time } from '@/ui/time';
import type { ApplicationRow } from './use-tenant-applications';

const worstFirst = ['failed', 'degraded', 'progressing', 'healthy', 'idle'];

/** How an application stands in the environment one looks at, or in its first. */
export function standingOf(row: ApplicationRow, environment?: string) {
  return row.environments.find((entry) => entry.name === environment) ?? row.environments[0];
}

/** Columns of every list of applications. */
export function useApplicationColumns(
  tenant: string,
  options: { environment?: string; withProject: boolean },
): readonly Column<ApplicationRow>[] {
  const t = useTranslations('applications');
  const { environment, withProject } = options;
  const hrefOf = (row: ApplicationRow) =>
    toApplication({
      tenant,
      project: row.project,
      environment: environment ?? row.environments[0]?.name ?? 'production',
      application: row.name,
    });
  return [
    {
      key: 'name',
      title: t('name'),
      sortBy: (row) => row.name,
      render: (row) => (
        <Link href={hrefOf(row)} className="strong">
          {row.name}
        </Link>
      ),
    },
    {
      key: 'state',
      title: t('state'),
      sortBy: (row) => worstFirst.indexOf(standingOf(row, environment)?.state ?? 'idle'),
      render: (row) => <StatusBadge state={standingOf(row, environment)?.state ?? 'idle'} />,
    },
    ...(withProject
      ? [
          {
            key: 'project',
            title: t('project'),
            sortBy: (row: ApplicationRow) => row.project,
            render: (row: ApplicationRow) => row.project,
            wide: true,
          },
        ]
      : []),
    {
      key: 'release',
      title: t('release'),
      sortBy: (row) => standingOf(row, environment)?.release ?? 0,
      render: (row) => {
        const release = standingOf(row, environment)?.release;
        return release ? <span className="tabular">#{release}</span> : <span className="muted">–</span>;
      },
    },
    {
      key: 'source',
      title: t('source'),
      sortBy: (row) => row.source.type,
      render: (row) => t(`sources.${row.source.type}`),
      wide: true,
    },
    {
      key: 'url',
      title: t('url'),
      render: (row) => {
        const url = standingOf(row, environment)?.url;
        return url ? <ExternalLink href={url} /> : <span className="muted">–</span>;
      },
      wide: true,
    },
    {
      key: 'updated',
      title: t('updated'),
      sortBy: (row) => row.updatedAt,
      render: (row) => <Time at={row.updatedAt} />,
      align: 'right',
    },
  ];
}
