'use client';
import { useTranslations } from 'next-intl';

export type StatusTone = 'healthy' | 'progressing' | 'degraded' | 'failed' | 'idle';

const shapes: Record<StatusTone, string> = { healthy: '●', progressing: '◐', degraded: '▲', failed: '■', idle: '○' };

/** Every state word of the API, and the shape and colour it has. An unknown word is shown as it is, idle. */
const tones = {
  healthy: 'healthy',
  active: 'healthy',
  ready: 'healthy',
  succeeded: 'healthy',
  running: 'progressing',
  progressing: 'progressing',
  pending: 'progressing',
  queued: 'progressing',
  provisioning: 'progressing',
  deleting: 'progressing',
  requested: 'progressing',
  paused: 'degraded',
  cordoned: 'degraded',
  degraded: 'degraded',
  notReady: 'degraded',
  failed: 'failed',
  unreachable: 'failed',
  aborted: 'idle',
  cancelled: 'idle',
  skipped: 'idle',
  idle: 'idle',
  archived: 'idle',
  suspended: 'idle',
  unknown: 'idle',
} as const satisfies Record<string, StatusTone>;

type StateWord = keyof typeof tones;
const isStateWord = (word: string): word is StateWord => word in tones;

/** A state by shape, colour and word. `tone` overrides what the word implies (a pod that is `running` is healthy). */
export function StatusBadge({
  state,
  tone,
  label,
  quiet,
}: {
  state: string;
  tone?: StatusTone;
  label?: string;
  quiet?: boolean;
}) {
  const t = useTranslations('state');
  const known = isStateWord(state) ? state : undefined;
  const shown = tone ?? (known ? tones[known] : 'idle');
  return (
    <span className={`status status-${shown}${quiet ? ' status-quiet' : ''}`}>
      <span aria-hidden="true" className={shown === 'progressing' ? 'status-shape status-pulsing' : 'status-shape'}>
        {shapes[shown]}
      </span>
      {label ?? (known ? t(known) : state)}
    </span>
  );
}
