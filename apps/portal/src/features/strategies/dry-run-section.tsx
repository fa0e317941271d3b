'use client';
import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import { useFormatter, useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Strategy, StrategyDryRun } from '@/lib/contract';
import { formatDuration } from '@/lib/format';
import type { ApplicationRef } from '@/lib/paths';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { LineChart } from '@/ui/line-chart';
import { Section } from '@/ui/page';
import { useStepWords } from '@/ui/steps';
import { dryRunStrategy } from './queries';

const spans = ['1', '6', '24', '72', '168'] as const;

/** A canary as it is being written, on the traffic that there was: what each step would have met, and when an error would be caught. */
export function DryRunSection({ application: ref, strategy }: { application: ApplicationRef; strategy: Strategy }) {
  const t = useTranslations('dryRun');
  const [hours, setHours] = useState('24');
  const [errorPercent, setErrorPercent] = useState('5');
  const [minutes, setMinutes] = useState('10');
  const asked = {
    strategy,
    hours: Number(hours),
    errorPercent: Number(errorPercent),
    promoteAfterSeconds: Math.round(Number(minutes) * 60),
  };
  const run = useMutation({ mutationFn: (_percent: string) => dryRunStrategy(ref, asked) });
  const base = `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/environments/${ref.environment}`;
  return (
    <Section
      title={t('title')}
      actions={
        <Equivalents items={[{ title: t('title'), api: `POST ${base}/strategy/dry-run\n${JSON.stringify(asked)}` }]} />
      }
    >
      <p className="muted">{t('explanation')}</p>
      <form
        className="form-row dry-run-form"
        onSubmit={(event) => {
          event.preventDefault();
          run.mutate(errorPercent);
        }}
      >
        <Field label={t('hours')}>
          {({ id }) => (
            <Select
              id={id}
              value={hours}
              onChange={setHours}
              options={spans.map((span) => ({
                value: span,
                label:
                  Number(span) < 24
                    ? t('hourCount', { count: Number(span) })
                    : t('dayCount', { count: Number(span) / 24 }),
              }))}
            />
          )}
        </Field>
        <Field label={t('errorPercent')}>
          {(control) => (
            <Input
              {...control}
              type="number"
              min={0.1}
              max={100}
              step={0.1}
              value={errorPercent}
              onChange={(event) => setErrorPercent(event.target.value)}
            />
          )}
        </Field>
        <Field label={t('promoteAfter')}>
          {(control) => (
            <Input
              {...control}
              type="number"
              min={1}
              value={minutes}
              onChange={(event) => setMinutes(event.target.value)}
            />
          )}
        </Field>
        <Button htmlType="submit" loading={run.isPending}>
          {t('run')}
        </Button>
      </form>
      {run.error ? <ErrorBox error={run.error} /> : null}
      {run.data && <Outcome found={run.data} percent={run.variables ?? errorPercent} />}
    </Section>
  );
}

function Outcome({ found, percent }: { found: StrategyDryRun; percent: string }) {
  const t = useTranslations('dryRun');
  const format = useFormatter();
  const sum = (key: 'requests' | 'failed') => found.traffic.reduce((total, bucket) => total + (bucket?.[key] ?? 0), 0);
  const totals = {
    total: format.number(Math.round(sum('requests'))),
    failed: format.number(Math.round(sum('failed'))),
  };
  return (
    <div className="stack">
      {!found.isMeasured ? (
        <p className="warn">{t('notNow')}</p>
      ) : sum('requests') === 0 ? (
        <p className="warn">{t('noTraffic')}</p>
      ) : (
        <>
          <LineChart
            label={t('chart', totals)}
            lines={[
              { label: 'requests', tone: 'old', values: found.traffic.map((bucket) => bucket?.requests) },
              { label: 'failed', tone: 'new', values: found.traffic.map((bucket) => bucket?.failed) },
            ]}
          />
          <p className="muted">{t('total', totals)}</p>
        </>
      )}
      <Verdict found={found} percent={percent} />
      <DryRunSteps found={found} />
      <p className="muted">{t('whole', { time: formatDuration(found.seconds * 1000) })}</p>
    </div>
  );
}

function Verdict({ found, percent }: { found: StrategyDryRun; percent: string }) {
  const t = useTranslations('dryRun');
  const toWords = useStepWords();
  const { caught, uncaught } = found;
  if (caught)
    return (
      <p className="banner banner-healthy break" role="status">
        {t('caught', {
          percent,
          time: formatDuration(caught.afterSeconds * 1000),
          step: toWords(found.steps[caught.step]?.name ?? ''),
          bad: caught.badRequests,
          harmed: caught.harmedPercent,
        })}
      </p>
    );
  return (
    <p className="banner break" role="status">
      {t(`uncaught.${uncaught ?? 'no-traffic'}`, { percent })}
    </p>
  );
}

const headers = [
  { word: 'step', className: undefined },
  { word: 'at', className: 'right' },
  { word: 'lasts', className: 'right' },
  { word: 'weight', className: 'right wide-only' },
  { word: 'candidate', className: 'right' },
  { word: 'samples', className: 'right wide-only' },
] as const;

function DryRunSteps({ found }: { found: StrategyDryRun }) {
  const t = useTranslations('dryRun');
  const format = useFormatter();
  const toWords = useStepWords();
  return (
    <div className="table-frame">
      <table aria-label={t('table')}>
        <thead>
          <tr>
            {headers.map(({ word, className }) => (
              <th key={word} scope="col" className={className}>
                {t(word)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {found.steps.map((step, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the steps of an answer keep their order
            <tr key={index} className={found.caught?.step === index ? 'row-marked' : undefined}>
              <td>{toWords(step.name)}</td>
              <td className="right tabular">{formatDuration(step.startsAfterSeconds * 1000)}</td>
              <td className="right tabular">
                {step.seconds === 0 ? '–' : formatDuration(step.seconds * 1000)}{' '}
                {step.isManual && <span className="muted">{t('assumed')}</span>}
              </td>
              <td className="right tabular wide-only">{`${step.weight} %`}</td>
              <td className="right tabular">
                {step.seconds === 0 || !found.isMeasured
                  ? '–'
                  : t('of', {
                      candidate: format.number(step.candidateRequests),
                      requests: format.number(step.requests),
                    })}
              </td>
              <td className="right tabular wide-only">{samplesOf(step)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );

  function samplesOf({ samples, minimumSamples, seconds }: StrategyDryRun['steps'][number]) {
    if (samples === null || seconds === 0) return '–';
    const isEnough = minimumSamples === null || samples >= minimumSamples;
    return isEnough ? format.number(samples) : t('tooFew', { samples, minimum: minimumSamples ?? 0 });
  }
}
