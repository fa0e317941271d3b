'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { AnalysisMetricRun, AnalysisRun, Rollout } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { LineChart } from '@/ui/line-chart';
import { Message } from '@/ui/message';
import { Section } from '@/ui/page';
import { StatusBadge, type StatusTone } from '@/ui/status';
import { useStepWords } from '@/ui/steps';
import { Time } from '@/ui/time';
import { ProbeCard } from './probe-card';
import { analysisQuery } from './queries';
import { isOver } from './rollout-state';

const tones: Record<AnalysisRun['verdict'], StatusTone> = {
  running: 'progressing',
  pass: 'healthy',
  fail: 'failed',
  inconclusive: 'degraded',
};

/** The new release beside the one before, in the same time: what was measured, and the verdicts. */
export function AnalysisSection({ application: ref, rollout }: { application: ApplicationRef; rollout: Rollout }) {
  const t = useTranslations('analysis');
  const toWords = useStepWords();
  const runs = useQuery(analysisQuery(ref, rollout.id, !isOver(rollout))).data ?? [];
  if (runs.length === 0) return null;
  return (
    <Section title={t('title')}>
      {runs.map((run) => (
        <div key={`${run.step}${run.startedAt}`} className="stack">
          <div className="rollout-verdict">
            <StatusBadge state={run.verdict} tone={tones[run.verdict]} label={t(`verdicts.${run.verdict}`)} />
            <strong>{run.step === null ? t('background') : toWords(run.step)}</strong>
            <span className="muted">
              <Time at={run.finishedAt ?? run.measuredAt ?? run.startedAt} />
            </span>
          </div>
          {run.reason && <Message text={run.reason} />}
          <div className="metrics">
            {run.metrics.map((metric) => (
              <Metric key={metric.name} metric={metric} rollout={rollout} />
            ))}
            {run.probes.map((probe) => (
              <ProbeCard key={probe.name} probe={probe} strategy={rollout.strategy} tone={tones[probe.verdict]} />
            ))}
          </div>
        </div>
      ))}
    </Section>
  );
}

interface Counted {
  readonly requests: number;
  readonly bad: number;
}

const shareOf = ({ requests, bad }: Counted): number | undefined => (requests === 0 ? undefined : bad / requests);

function Metric({ metric, rollout }: { metric: AnalysisMetricRun; rollout: Rollout }) {
  const t = useTranslations('analysis');
  const format = (counted: Counted): string => {
    const share = shareOf(counted);
    return share === undefined ? '–' : `${(share * 100).toFixed(2)} %`;
  };
  const title =
    metric.name === 'request-success-rate' || metric.name === 'request-duration'
      ? t(`metrics.${metric.name}`)
      : metric.name;
  return (
    <article className="metric" aria-label={title}>
      <header className="rollout-verdict">
        <strong className="break">{title}</strong>
        <StatusBadge
          state={metric.verdict}
          tone={tones[metric.verdict]}
          label={t(`verdicts.${metric.verdict}`)}
          quiet
        />
      </header>
      {metric.slowSeconds !== null && <p className="muted">{t('slow', { seconds: metric.slowSeconds })}</p>}
      <LineChart
        label={t('chart', { stable: format(metric.stable), candidate: format(metric.candidate) })}
        lines={[
          { label: 'stable', tone: 'old', values: metric.points.map(({ stable }) => shareOf(stable)) },
          { label: 'candidate', tone: 'new', values: metric.points.map(({ candidate }) => shareOf(candidate)) },
        ]}
      />
      <dl className="metric-sides">
        {(['stable', 'candidate'] as const).map((side) => (
          <div key={side}>
            <dt>
              <span aria-hidden="true" className={`traffic-key traffic-${side === 'stable' ? 'old' : 'new'}`} />
              {t('side', { number: (side === 'stable' ? rollout.previousRelease : rollout.release) ?? '–' })}
            </dt>
            <dd className="tabular">
              <strong>{format(metric[side])}</strong>{' '}
              <span className="muted">{t('counts', { bad: metric[side].bad, requests: metric[side].requests })}</span>
            </dd>
          </div>
        ))}
      </dl>
      <p className="muted tabular">
        {t('odds', { odds: formatOdds(metric.odds), limit: formatOdds(metric.oddsToFail) })}
      </p>
      {metric.reason && <p className="break">{metric.reason}</p>}
    </article>
  );
}

const formatOdds = (odds: number): string => (odds >= 1000 ? odds.toExponential(1) : odds.toFixed(odds < 10 ? 1 : 0));
