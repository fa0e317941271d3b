'use client';
import { useTranslations } from 'next-intl';
import type { AnalysisProbeRun, Strategy } from '@/lib/contract';
import { LineChart } from '@/ui/line-chart';
import { Message } from '@/ui/message';
import { StatusBadge, type StatusTone } from '@/ui/status';
import { Time } from '@/ui/time';
import { describeProvider, findMetric, toNumber } from './probe-evidence';

type Measurement = AnalysisProbeRun['measurements'][number];

const phaseTones: Record<Measurement['phase'], StatusTone> = {
  successful: 'healthy',
  failed: 'failed',
  inconclusive: 'degraded',
  error: 'degraded',
};

/** A metric of one's own or a web hook: what it must say, what it said each time, and what follows from that. */
export function ProbeCard({
  probe,
  strategy,
  tone,
}: {
  probe: AnalysisProbeRun;
  strategy: Strategy;
  tone: StatusTone;
}) {
  const t = useTranslations('analysis');
  const metric = findMetric(strategy, probe.name);
  const values = probe.measurements.map(({ value }) => toNumber(value));
  const last = values.findLast((value) => value !== undefined);
  return (
    <article className="metric" aria-label={probe.name}>
      <header className="rollout-verdict">
        <strong className="break">{probe.name}</strong>
        <StatusBadge state={probe.verdict} tone={tone} label={t(`verdicts.${probe.verdict}`)} quiet />
      </header>
      <code className="break muted">{metric ? describeProvider(metric) : t('webhook')}</code>
      {metric?.successCondition && (
        <p>
          {t('succeedsIf')} <code className="break">{metric.successCondition}</code>
        </p>
      )}
      {metric?.failureCondition && (
        <p>
          {t('failsIf')} <code className="break">{metric.failureCondition}</code>
        </p>
      )}
      {values.filter((value) => value !== undefined).length > 1 && (
        <LineChart
          label={t('probeChart', { count: probe.measurements.length, last: last ?? 0 })}
          lines={[{ label: probe.name, tone: 'new', values }]}
        />
      )}
      <p className="muted tabular">
        {t('tally', {
          successful: probe.successful,
          failed: probe.failed,
          inconclusive: probe.inconclusive,
          errors: probe.errors,
        })}
      </p>
      {probe.reason && <Message text={probe.reason} />}
      {probe.measurements.length > 0 && (
        <details>
          <summary>{t('measurements', { count: probe.measurements.length })}</summary>
          <ol className="measurements" aria-label={t('measurementsOf', { name: probe.name })}>
            {[...probe.measurements].reverse().map((measurement) => (
              <li key={measurement.at}>
                <Time at={measurement.at} />
                <StatusBadge
                  state={measurement.phase}
                  tone={phaseTones[measurement.phase]}
                  label={t(`phases.${measurement.phase}`)}
                  quiet
                />
                <div className="measurement-value">
                  {measurement.value !== null && measurement.value !== '""' && (
                    <code className="break">{measurement.value}</code>
                  )}
                  {measurement.message && <Message text={measurement.message} className="muted" />}
                </div>
              </li>
            ))}
          </ol>
        </details>
      )}
    </article>
  );
}
