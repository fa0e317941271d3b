'use client';
import { useTranslations } from 'next-intl';

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'paused' | 'ended';

const shapes: Record<LiveState, string> = { connecting: '◐', live: '●', reconnecting: '▲', paused: '○', ended: '○' };

/** Whether what is shown is up to date by itself. */
export function LiveBadge({ state }: { state: LiveState }) {
  const t = useTranslations('live');
  return (
    <span className={`live live-${state}`} role="status">
      <span aria-hidden="true">{shapes[state]}</span> {t(state)}
    </span>
  );
}
