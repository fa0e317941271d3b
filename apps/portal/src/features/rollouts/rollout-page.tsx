'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { PodTable } from '@/features/pods/pod-table';
import { diffQuery } from '@/features/releases/queries';
import { toCli } from '@/lib/cli';
import type { Rollout } from '@/lib/contract';
import { type ApplicationRef, toApplication } from '@/lib/paths';
import { DiffView } from '@/ui/diff-view';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { ExternalLink } from '@/ui/external-link';
import { LinkButton } from '@/ui/link-button';
import { Message } from '@/ui/message';
import { Facts, Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { Steps } from '@/ui/steps';
import { Time } from '@/ui/time';
import { AnalysisSection } from './analysis-section';
import { MatchWords } from './match-list';
import { rolloutQuery } from './queries';
import { RolloutButtons } from './rollout-buttons';
import { RolloutHistory } from './rollout-history';
import { isOver } from './rollout-state';
import { SignalsSection } from './signals-section';
import { TrafficBar } from './traffic-bar';
import { TransitionsSection } from './transitions-section';
import { useRolloutEnd } from './use-rollout-end';
import { WaitLine } from './wait-line';

/** One rollout as it goes: who has the traffic, what it does, why it waits, and what can be asked of it. */
export function RolloutPage({ application: ref, id }: { application: ApplicationRef; id: string }) {
  const t = useTranslations('rolloutPage');
  const words = useTranslations('strategy');
  const asked = useQuery(rolloutQuery(ref, id));
  const rollout = asked.data;
  useRolloutEnd(ref, rollout);
  if (asked.error && !rollout) return <ErrorBox error={asked.error} />;
  if (!rollout) return null;
  const base = `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/rollouts`;
  const title = t('title', { release: rollout.release, environment: rollout.environment });
  return (
    <>
      <Section
        title={title}
        actions={
          <Equivalents
            items={[
              { title: t('watch'), cli: toCli('rollouts status -w', ref), api: `GET ${base}/${id}` },
              {
                title: t('verbs.promote'),
                cli: toCli('rollouts promote', ref),
                api: `POST ${base}/${id}/promote\n{"full":false}`,
              },
              { title: t('verbs.pause'), cli: toCli('rollouts pause', ref), api: `POST ${base}/${id}/pause` },
              { title: t('verbs.abort'), cli: toCli('rollouts abort', ref), api: `POST ${base}/${id}/abort` },
            ]}
          />
        }
      >
        <Facts
          items={[
            { label: t('state'), value: <StatusBadge state={rollout.state} /> },
            { label: words('title'), value: words(`types.${rollout.strategy.type}`) },
            ...(rollout.strategy.type === 'abTest'
              ? [{ label: t('match.title'), value: <MatchWords matches={rollout.strategy.match} /> }]
              : []),
            ...(rollout.previewUrl ? [{ label: t('preview'), value: <ExternalLink href={rollout.previewUrl} /> }] : []),
            { label: t('by'), value: rollout.createdBy },
            { label: t('started'), value: <Time at={rollout.createdAt} /> },
            ...(rollout.freezeOverride ? [{ label: t('freezeOverride'), value: rollout.freezeOverride }] : []),
            ...(rollout.finishedAt ? [{ label: t('finished'), value: <Time at={rollout.finishedAt} /> }] : []),
          ]}
        />
        <TrafficBar rollout={rollout} />
        <WaitLine rollout={rollout} />
        {rollout.error && (
          <Message text={rollout.error} className={rollout.state === 'failed' ? 'error-text' : 'muted'} />
        )}
        <RolloutButtons application={ref} rollout={rollout} />
      </Section>
      <Section title={t('steps')}>
        <div className="steps-flush">
          <Steps steps={rollout.steps} withTimes />
        </div>
      </Section>
      <SignalsSection application={ref} rollout={rollout} />
      <AnalysisSection application={ref} rollout={rollout} />
      {!isOver(rollout) && <Pods application={ref} rollout={rollout} />}
      <Differences application={ref} rollout={rollout} />
      <TransitionsSection application={ref} id={id} />
      <RolloutHistory application={ref} />
    </>
  );
}

/** The pods of the two releases, beside each other. */
function Pods({ application, rollout }: { application: ApplicationRef; rollout: Rollout }) {
  const t = useTranslations('rolloutPage');
  return (
    <div className="columns columns-even">
      {rollout.previousRelease !== null && (
        <Section title={t('podsOf', { number: rollout.previousRelease })} flush>
          <PodTable application={application} release={rollout.previousRelease} />
        </Section>
      )}
      <Section title={t('podsOf', { number: rollout.release })} flush>
        <PodTable application={application} release={rollout.release} />
      </Section>
    </div>
  );
}

function Differences({ application: ref, rollout }: { application: ApplicationRef; rollout: Rollout }) {
  const t = useTranslations('rolloutPage');
  const { release, previousRelease } = rollout;
  const isComparable = previousRelease !== null && previousRelease !== release;
  const diff = useQuery({ ...diffQuery(ref, release, previousRelease ?? release), enabled: isComparable });
  if (!isComparable) return null;
  const title = t('differences', { from: previousRelease, to: release });
  return (
    <Section
      title={title}
      actions={<LinkButton href={`${toApplication(ref, 'releases')}?release=${release}`}>{t('toRelease')}</LinkButton>}
    >
      {diff.error ? <ErrorBox error={diff.error} /> : null}
      {diff.data && <DiffView changes={diff.data} label={title} />}
    </Section>
  );
}
