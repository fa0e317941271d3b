'use client';
import { useTranslations } from 'next-intl';
import type { Step } from '../lib/contract';
import { formatDuration } from '../lib/format';
import { Message } from './message';
import { StatusBadge } from './status';
import { Time, useNow } from './time';

const plainWords = [
  'apply',
  'restore',
  'prepare',
  'promote',
  'pause',
  'hook before',
  'hook after',
  // The route of an A/B test.
  'setHeaderRoute ab-test',
] as const;
const valuedWords = [
  'process',
  'setWeight',
  'setCanaryScale',
  'setHeaderRoute',
  'setMirrorRoute',
  'pause',
  'analysis',
  'experiment',
] as const;

/** The API's names of steps in the viewer's language: a word (`promote`), or one with a value (`setWeight 20 %`). */
export function useStepWords(): (name: string) => string {
  const t = useTranslations('step');
  return (name) => {
    // A step that comes again carries its number: `pause (2)`.
    const [, whole = name, count] = /^(.*?)(?: (\(\d+\)))?$/.exec(name) ?? [];
    const [word = '', ...rest] = whole.split(' ');
    const value = toValue(word, rest.join(' '));
    const plain = plainWords.find((known) => known === whole);
    const valued = value === '' ? undefined : valuedWords.find((known) => known === word);
    const text = plain ? t(plain) : valued ? t(`with.${valued}`, { value }) : whole;
    return count ? `${text} ${count}` : text;
  };
}

/** A mirror strategy's own route has no name that anybody gave it. */
function toValue(word: string, text: string): string {
  if (word === 'setMirrorRoute') return text.replace(/^mirror (?=\d)/, '');
  return word === 'pause' ? shortenSeconds(text) : text;
}

/** `600 s` as `10m`. */
function shortenSeconds(text: string): string {
  const seconds = Number(/^(\d+) s$/.exec(text)?.[1] ?? Number.NaN);
  if (Number.isNaN(seconds) || seconds === 0) return text;
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : text;
}

/** The steps of long work, each with its state, message and duration; `withTimes`: and when it began. */
export function Steps({ steps, withTimes }: { steps: readonly Step[]; withTimes?: boolean }) {
  const now = useNow();
  const toLabel = useStepWords();
  return (
    <ol className="steps">
      {steps.map((step) => {
        const duration = toDuration(step, now);
        return (
          <li key={step.name}>
            <StatusBadge state={step.state} tone={toTone(step.state)} label={toLabel(step.name)} />
            <div className="muted steps-message">{step.message && <Message text={step.message} />}</div>
            <span className="muted tabular nowrap">
              {withTimes && step.startedAt && <Time at={step.startedAt} />}
              {withTimes && step.startedAt && duration && ' · '}
              {duration}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function toTone(state: string) {
  return state === 'pending' ? 'idle' : undefined;
}

function toDuration(step: Step, now: number | undefined): string {
  if (!step.startedAt) return '';
  const end = step.finishedAt ? Date.parse(step.finishedAt) : now;
  return end === undefined ? '' : formatDuration(end - Date.parse(step.startedAt));
}
