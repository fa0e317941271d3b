'use client';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useCallback, useEffect, useRef } from 'react';
import { useEventStream } from '@/lib/use-event-stream';
import { LiveBadge } from '@/ui/live-badge';

const gatherMilliseconds = 300;
const pollMilliseconds = 5000;

/** Keeps everything of one tenant fresh: an event is only a reason to look again. While the stream is away, the pages are asked again by the clock. */
export function useTenantLive(tenant: string): ReactNode {
  const client = useQueryClient();
  const pending = useRef<ReturnType<typeof setTimeout>>(undefined);
  const refresh = useCallback(() => {
    pending.current ??= setTimeout(() => {
      pending.current = undefined;
      void client.invalidateQueries({ queryKey: ['t', tenant] });
      void client.invalidateQueries({ queryKey: ['operations'] });
    }, gatherMilliseconds);
  }, [client, tenant]);
  const state = useEventStream(`/api/v1/tenants/${tenant}/events`, ['change'], refresh);

  useEffect(() => {
    if (state === 'live') return;
    const timer = setInterval(refresh, pollMilliseconds);
    return () => clearInterval(timer);
  }, [state, refresh]);
  return <LiveBadge state={state} />;
}
