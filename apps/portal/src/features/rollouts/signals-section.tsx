'use client';
import { useQuery } from '@tanstack/react-query';
import { useFormatter, useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Rollout, RolloutSignals } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { LineChart, type Mark } from '@/ui/line-chart';
import { Section } from '@/ui/page';
import { useStepWords } from '@/ui/steps';
import { signalsQuery } from './queries';
import { isOver } from './rollout-state';
import { countOf, hasPoints, marksOf, pointOf, type Signal, signals, stepAt, timeOf } from './signals';

/** What users got of both releases at the same time: requests, errors, latency and what waits, analysed or not. */
export function SignalsSection({ application: ref, rollout }: { application: ApplicationRef; rollout: Rollout }) {
  const t = useTranslations('signals');
  const shown = useQuery(signalsQuery(ref, rollout.id, !isOver(rollout))).data;
  const [at, setAt] = useState<number>();
  if (!shown || shown.sides.length === 0) return null;
  const last = countOf(shown) - 1;
  const marks = marksOf(shown, rollout.steps);
  // Of what has become shorter nothing is looked at.
  const index = at === undefined || at > last ? undefined : at;
  return (
    <Section title={t('title')}>
      {!shown.isMeasured ? (
        <p className="warn">{t('away')}</p>
      ) : !hasPoints(shown) ? (
        <p className="muted">{t('none')}</p>
      ) : (
        <>
          <div className="metrics signals">
            {signals.map((signal) => (
              <Panel
                key={signal}
                signal={signal}
                shown={shown}
                rollout={rollout}
                marks={marks}
                at={index}
                onPoint={setAt}
              />
            ))}
          </div>
          <Scrubber shown={shown} marks={marks} at={index} onPoint={setAt} />
        </>
      )}
    </Section>
  );
}

interface TimeProps {
  readonly shown: RolloutSignals;
  readonly marks: readonly Mark[];
  readonly at: number | undefined;
  readonly onPoint: (index: number | undefined) => void;
}

/** Which time all charts tell of: by pointer on any of them, or by keys here. */
function Scrubber({ shown, marks, at, onPoint }: TimeProps) {
  const t = useTranslations('signals');
  const format = useFormatter();
  const toWords = useStepWords();
  const last = countOf(shown) - 1;
  const index = at ?? last;
  const time = format.dateTime(timeOf(shown, index), { timeStyle: 'medium' });
  const step = stepAt(marks, index);
  const words = step === undefined ? time : t('at', { time, step: toWords(step) });
  return (
    <label className="signals-time">
      <span className="visually-hidden">{t('time')}</span>
      <input
        type="range"
        min={0}
        max={last}
        value={index}
        aria-valuetext={words}
        onChange={(event) => onPoint(Number(event.target.value) === last ? undefined : Number(event.target.value))}
      />
      <span className="muted tabular" aria-hidden="true">
        {words}
      </span>
    </label>
  );
}

function Panel({
  signal,
  shown,
  rollout,
  marks,
  at,
  onPoint,
}: TimeProps & { readonly signal: Signal; readonly rollout: Rollout }) {
  const t = useTranslations('signals');
  const format = useFormatter();
  const say = (value: number | null | undefined) =>
    value === null || value === undefined
      ? '–'
      : t(`values.${signal}`, { value: format.number(value, { maximumFractionDigits: value < 10 ? 2 : 0 }) });
  const title = t(`names.${signal}`);
  const highest = Math.max(0, ...shown.sides.flatMap(({ points }) => points.map((point) => point?.[signal] ?? 0)));
  const sides = shown.sides.map((side) => {
    const tone: 'old' | 'new' = side.side === 'stable' ? 'old' : 'new';
    const name =
      side.side === 'both' && rollout.previousRelease !== null && rollout.previousRelease !== side.release
        ? t('both', { before: rollout.previousRelease, number: side.release ?? '–' })
        : t('side', { number: side.release ?? '–' });
    return { side, tone, name, point: pointOf(side, at) };
  });
  return (
    <article className="metric" aria-label={title}>
      <header className="rollout-verdict">
        <strong>{title}</strong>
        <span className="muted tabular">{t('upTo', { value: say(highest) })}</span>
      </header>
      <LineChart
        label={t('chart', {
          title,
          values: sides.map(({ name, point }) => `${name}: ${say(point?.[signal])}`).join(', '),
        })}
        lines={sides.map(({ side, tone }) => ({
          label: side.side,
          tone,
          values: side.points.map((point) => point?.[signal] ?? undefined),
        }))}
        marks={marks}
        at={at}
        onPoint={onPoint}
      />
      <dl className="metric-sides">
        {sides.map(({ side, tone, name, point }) => (
          <div key={side.side}>
            <dt>
              <span aria-hidden="true" className={`traffic-key traffic-${tone}`} />
              {name}
            </dt>
            <dd className="tabular">
              <strong>{say(point?.[signal])}</strong>
              {signal === 'p99Milliseconds' && typeof point?.p50Milliseconds === 'number' && (
                <span className="muted"> {t('half', { value: say(point.p50Milliseconds) })}</span>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </article>
  );
}
