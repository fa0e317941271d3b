'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import type { Pod } from '@/lib/contract';
import { type ApplicationRef, toApplication } from '@/lib/paths';
import { StatusBadge, type StatusTone } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { podsQuery } from './queries';

const placeColumns: readonly string[] = ['process', 'release', 'node', 'ip'];

/** `release`: only the pods of that one, in a table that fits half a page. */
export function PodTable({ application: ref, release }: { application: ApplicationRef; release?: number }) {
  const t = useTranslations('pods');
  const pods = useQuery(podsQuery(ref));
  const columns: readonly Column<Pod>[] = [
    {
      key: 'name',
      title: t('name'),
      sortBy: (pod) => pod.name,
      render: (pod) => (
        <Link href={`${toApplication(ref, 'logs')}?pod=${pod.name}`} title={t('logsOf', { name: pod.name })}>
          <code className="break">{pod.name}</code>
        </Link>
      ),
    },
    { key: 'phase', title: t('phase'), sortBy: (pod) => pod.phase, render: (pod) => <PodPhase pod={pod} /> },
    { key: 'process', title: t('process'), sortBy: (pod) => pod.process, render: (pod) => pod.process, wide: true },
    {
      key: 'release',
      title: t('release'),
      sortBy: (pod) => pod.release ?? 0,
      render: (pod) => <span className="tabular">{pod.release ? `#${pod.release}` : '–'}</span>,
    },
    {
      key: 'restarts',
      title: t('restarts'),
      sortBy: (pod) => pod.restarts,
      render: (pod) => <span className={pod.restarts > 0 ? 'tabular warn' : 'tabular'}>{pod.restarts}</span>,
      align: 'right',
    },
    { key: 'node', title: t('node'), sortBy: (pod) => pod.node ?? '', render: (pod) => pod.node ?? '–', wide: true },
    { key: 'ip', title: t('ip'), render: (pod) => <code>{pod.ip ?? '–'}</code>, wide: true },
    {
      key: 'started',
      title: t('started'),
      sortBy: (pod) => pod.startedAt ?? '',
      render: (pod) => <Time at={pod.startedAt} />,
      align: 'right',
      wide: true,
    },
  ];
  return (
    <Table
      name={release === undefined ? 'pods' : `pods-${release}`}
      label={release === undefined ? t('title') : t('titleOf', { release })}
      rows={release === undefined ? pods.data : pods.data?.filter((pod) => pod.release === release)}
      rowKey={(pod) => pod.name}
      columns={release === undefined ? columns : columns.filter(({ key }) => !placeColumns.includes(key))}
      error={pods.error}
      empty={<p className="muted pad">{t('none')}</p>}
    />
  );
}

function PodPhase({ pod }: { pod: Pod }) {
  const t = useTranslations('pods');
  const phase = pod.phase.toLowerCase();
  const tone: StatusTone =
    phase === 'failed'
      ? 'failed'
      : phase === 'running'
        ? pod.ready
          ? 'healthy'
          : pod.restarts > 0
            ? 'degraded'
            : 'progressing'
        : phase === 'succeeded'
          ? 'idle'
          : 'progressing';
  const label = phase === 'running' ? (pod.ready ? t('ready') : t('notReady')) : undefined;
  return (
    <>
      <StatusBadge state={phase} tone={tone} label={label} />
      {pod.message && <div className="muted pod-message">{pod.message}</div>}
    </>
  );
}
