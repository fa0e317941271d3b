'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import type { Rollout } from '@/lib/contract';
import { type ApplicationRef, toRollout } from '@/lib/paths';
import { toSentence } from '@/ui/message';
import { Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { rolloutsQuery } from './queries';

/** The rollouts of an application, newest first, each with the way to its page. */
export function RolloutHistory({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('releases');
  const words = useTranslations('strategy');
  const rollouts = useQuery(rolloutsQuery(ref));
  const columns: readonly Column<Rollout>[] = [
    {
      key: 'release',
      title: t('release'),
      sortBy: (one) => one.release,
      render: (one) => (
        <Link className="tabular nowrap" href={toRollout({ ...ref, environment: one.environment }, one.id)}>
          {one.previousRelease ? `#${one.previousRelease} → #${one.release}` : `#${one.release}`}
        </Link>
      ),
    },
    { key: 'state', title: t('state'), sortBy: (one) => one.state, render: (one) => <StatusBadge state={one.state} /> },
    { key: 'environment', title: t('environment'), sortBy: (one) => one.environment, render: (one) => one.environment },
    {
      key: 'strategy',
      title: words('title'),
      sortBy: (one) => one.strategy.type,
      render: (one) => words(`types.${one.strategy.type}`),
      wide: true,
    },
    {
      key: 'error',
      title: t('outcome'),
      render: (one) => <span className="break">{toSentence(one.error ?? '')}</span>,
      wide: true,
    },
    { key: 'by', title: t('by'), sortBy: (one) => one.createdBy, render: (one) => one.createdBy, wide: true },
    {
      key: 'created',
      title: t('created'),
      sortBy: (one) => one.createdAt,
      render: (one) => <Time at={one.createdAt} />,
      align: 'right',
    },
  ];
  if (!rollouts.data || rollouts.data.length === 0) return null;
  return (
    <Section title={t('rollouts')} flush>
      <Table
        name="rollouts"
        label={t('rollouts')}
        rows={rollouts.data}
        rowKey={(one) => one.id}
        columns={columns}
        error={rollouts.error}
        empty={null}
      />
    </Section>
  );
}
