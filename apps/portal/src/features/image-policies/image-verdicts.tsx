'use client';
import type { Schemas } from '@slipway/sdk';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { EmptyState } from '@/ui/empty-state';
import { Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { verdictsQuery } from './queries';

type Verdict = Schemas['ImageVerdict'];
const tones = { refused: 'failed', warned: 'degraded', noted: 'idle' } as const;

/** The images that broke a policy lately, in releases and rollouts. */
export function ImageVerdicts({ tenant }: { tenant: string | undefined }) {
  const t = useTranslations('imagePolicies');
  const verdicts = useQuery(verdictsQuery(tenant));
  const columns: readonly Column<Verdict>[] = [
    {
      key: 'outcome',
      title: t('outcome'),
      render: ({ outcome }) => <StatusBadge state={outcome} tone={tones[outcome]} label={t(`outcomes.${outcome}`)} />,
    },
    { key: 'message', title: t('why'), render: ({ message }) => <span className="break">{message}</span> },
    { key: 'policy', title: t('policy'), wide: true, render: ({ policy }) => <code>{policy}</code> },
    { key: 'actor', title: t('by'), wide: true, render: ({ actor }) => actor },
    { key: 'at', title: t('when'), render: ({ at }) => <Time at={at} /> },
  ];
  return (
    <Section title={t('verdicts')} flush>
      <Table
        name="verdicts"
        label={t('verdicts')}
        rows={verdicts.data}
        rowKey={(verdict) => verdict.id}
        columns={columns}
        error={verdicts.error}
        empty={
          <EmptyState icon="check" title={t('noVerdictsTitle')}>
            {t('noVerdicts')}
          </EmptyState>
        }
      />
    </Section>
  );
}
