'use client';
import { useTranslations } from 'next-intl';
import type { Step } from '../lib/contract';
import { formatDuration } from '../lib/format';
import { StatusBadge } from './status';
import { useNow } from './time';

/** The steps of long work, each with its state, message and duration. */
export function Steps({ steps }: { steps: readonly Step[] }) {
  const t = useTranslations('step');
  const now = useNow();
  // The API's names of steps: a word, or `process web`.
  const toLabel = (name: string): string => {
    if (name === 'apply' || name === 'restore') return t(name);
    return name.startsWith('process ') ? t('process', { name: name.slice('process '.length) }) : name;
  };
  return (
    <ol className="steps">
      {steps.map((step) => (
        <li key={step.name}>
          <StatusBadge state={step.state} tone={toTone(step.state)} label={toLabel(step.name)} />
          <span className="muted steps-message">{step.message}</span>
          <span className="muted tabular">{toDuration(step, now)}</span>
        </li>
      ))}
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
