import { once } from 'node:events';
import type { Request, Response } from './route.js';

const heartbeatMilliseconds = 15_000;

export interface ServerSentEvent {
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
}

/** Aborts when the client goes away. */
export function signalOf(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

/** Whether the client asked for server-sent events rather than plain text. */
export function wantsEvents(request: Request): boolean {
  return request.accepts(['text/plain', 'text/event-stream']) === 'text/event-stream';
}

/** Writes the events as they come, with a heartbeat every 15 s, and ends the response after the last. */
export async function sendEvents(response: Response, events: AsyncIterable<ServerSentEvent>): Promise<void> {
  response.status(200);
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Accel-Buffering', 'no');
  response.flushHeaders();
  response.write(': connected\n\n');
  const heartbeat = setInterval(() => response.write(': heartbeat\n\n'), heartbeatMilliseconds);
  try {
    for await (const { id, event, data } of events) {
      const text = `${id ? `id: ${id}\n` : ''}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      if (!response.write(text) && !response.destroyed) await drained(response);
      if (response.destroyed) break;
    }
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}

/** Writes the lines as plain text as they come, and ends the response after the last. */
export async function sendText(response: Response, chunks: AsyncIterable<string>): Promise<void> {
  response.status(200);
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.flushHeaders();
  try {
    for await (const chunk of chunks) {
      if (!response.write(chunk) && !response.destroyed) await drained(response);
      if (response.destroyed) break;
    }
  } finally {
    response.end();
  }
}

async function drained(response: Response): Promise<void> {
  await Promise.race([once(response, 'drain'), once(response, 'close')]);
}
