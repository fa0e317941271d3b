import type { EventStream } from '../kernel/events/event-stream.js';
import type { ServerSentEvent } from '../kernel/http/server-sent-events.js';

/** Stored events as `event: change`. */
export async function* followChanges(
  stream: EventStream,
  filter: Parameters<EventStream['follow']>[0],
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  for await (const { cursor, type, resource, data, at } of stream.follow(filter, lastEventId, signal)) {
    yield { id: cursor, event: 'change', data: { type, resource, at: at.toISOString(), ...data } };
  }
}
