'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { RolloutTransition } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { toSentence } from '@/ui/message';
import { Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { useStepWords } from '@/ui/steps';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { transitionsQuery } from './queries';

/** Each change of a rollout's state, with who caused it and why. */
export function TransitionsSection({ application: ref, id }: { application: ApplicationRef; id: string }) {
  const t = useTranslations('rolloutPage');
  const toWords = useStepWords();
  const transitions = useQuery(transitionsQuery(ref, id)).data ?? [];
  const columns: readonly Column<RolloutTransition>[] = [
    { key: 'at', title: t('at'), render: (one) => <Time at={one.at} /> },
    {
      key: 'to',
      title: t('state'),
      render: (one) =>
        one.to === 'restoring' ? (
          <StatusBadge state="restoring" tone="progressing" label={t('restoring')} />
        ) : (
          <StatusBadge state={one.to} />
        ),
    },
    { key: 'step', title: t('step'), render: (one) => (one.step ? toWords(one.step) : '–'), wide: true },
    { key: 'reason', title: t('reason'), render: (one) => <span className="break">{toSentence(one.reason)}</span> },
    {
      key: 'actor',
      title: t('by'),
      render: (one) => (one.actor.startsWith('system:') ? t('byItself') : one.actor),
      wide: true,
    },
  ];
  if (transitions.length === 0) return null;
  return (
    <Section title={t('transitions')} flush>
      <Table
        name="transitions"
        label={t('transitions')}
        rows={transitions}
        rowKey={(one) => one.id}
        columns={columns}
        empty={null}
      />
    </Section>
  );
}
