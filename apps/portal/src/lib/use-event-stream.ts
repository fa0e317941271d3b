'use client';
import { useEffect, useRef, useState } from 'react';
import type { LiveState } from '@/ui/live-badge';

const retryMilliseconds = 2000;

interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * Listens to server-sent events at `path` (undefined: not yet) and heals by itself. `EventSource` reconnects with `Last-Event-ID`
 * after a lost connection; after an HTTP error it gives up, so we begin again. `events` are the names to listen to; `end` ends it.
 * `onOpen` hears whether the server will go on where it stopped.
 */
export function useEventStream(
  path: string | undefined,
  events: readonly string[],
  onEvent: (event: StreamEvent) => void,
  onOpen?: (isResumed: boolean) => void,
): LiveState {
  const [state, setState] = useState<LiveState>('connecting');
  const handler = useRef({ onEvent, onOpen });
  handler.current = { onEvent, onOpen };
  const names = events.join(',');

  useEffect(() => {
    if (!path) return;
    let source: EventSource | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      source = new EventSource(path);
      let lastId = '';
      source.onopen = () => {
        setState('live');
        handler.current.onOpen?.(lastId !== '');
      };
      source.onerror = () => {
        setState('reconnecting');
        if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, retryMilliseconds);
      };
      for (const name of names.split(',')) {
        source.addEventListener(name, (message) => {
          lastId = message.lastEventId;
          handler.current.onEvent({ event: name, data: message.data });
        });
      }
      source.addEventListener('end', () => {
        source?.close();
        setState('ended');
      });
    };
    setState('connecting');
    open();
    return () => {
      clearTimeout(retry);
      source?.close();
    };
  }, [path, names]);
  return state;
}
