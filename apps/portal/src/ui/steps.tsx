'use client';
import type { Step } from '../lib/contract';
import { formatDuration } from '../lib/format';
import { StatusBadge } from './status';
import { useNow } from './time';

/** The steps of long work, each with its state, message and duration. */
export function Steps({ steps }: { steps: readonly Step[] }) {
  const now = useNow();
  return (
    <ol className="steps">
      {steps.map((step) => (
        <li key={step.name}>
          <StatusBadge state={step.state} tone={toTone(step.state)} label={step.name} />
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
