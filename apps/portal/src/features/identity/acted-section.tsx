'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { Notification } from '@/lib/contract';
import { Section } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { impersonationsOfMeQuery } from './queries';

/** Who acted in my name, when and why: as I was told of it. */
export function ActedSection() {
  const t = useTranslations('acted');
  const told = useQuery(impersonationsOfMeQuery());
  const columns: readonly Column<Notification>[] = [
    { key: 'who', title: t('who'), render: ({ data }) => <span className="strong">{data.requester}</span> },
    { key: 'reason', title: t('reason'), render: ({ data }) => <span className="break">{data.reason}</span> },
    { key: 'how', title: t('how'), render: ({ data }) => data.title, wide: true },
    { key: 'when', title: t('when'), render: ({ createdAt }) => <Time at={createdAt} />, align: 'right' },
  ];
  return (
    <Section title={t('title')} flush>
      <Table
        name="acted"
        label={t('title')}
        rows={told.data}
        rowKey={({ id }) => id}
        columns={columns}
        error={told.error}
        empty={<p className="muted pad">{t('none')}</p>}
      />
    </Section>
  );
}
