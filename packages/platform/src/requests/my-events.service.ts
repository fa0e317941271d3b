import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { anySignal } from '../kernel/clock/any-signal.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import type { ServerSentEvent } from '../kernel/http/server-sent-events.js';
import type { Actor } from '../kernel/tenancy/caller.js';
import { NotificationsService, newsChannel } from '../notifications/notifications.service.js';
import { RequestViews } from './request-views.service.js';

const pollMilliseconds = 5_000;
/** A transaction that began so long ago may still commit what is dated then; screens take a repetition. */
const overlapMilliseconds = 3_000;

/**
 * Tells a user of the requests and notifications that concern him, as they change. It only says that there is news: whoever hears it
 * reads anew, so a repetition is harmless and nothing needs to be resumed.
 */
@Injectable()
export class MyEvents implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly waiting = new Set<() => void>();
  private listening: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly views: RequestViews,
    private readonly notifications: NotificationsService,
    private readonly clock: Clock,
  ) {}

  async *follow(actor: Actor, signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
    this.listening ??= this.listen();
    const ended = anySignal([signal, this.stopping.signal]);
    const told = new Map<string, number>();
    let since = this.clock.now();
    while (!ended.aborted) {
      await this.rest(ended);
      if (ended.aborted) return;
      const now = this.clock.now();
      const [requests, hasNews] = await Promise.all([
        this.views.listChanged(actor, since),
        this.notifications.hasNews(actor, since),
      ]).catch(() => [[], false] as const);
      for (const { id, kind, state, updatedAt } of requests) {
        if (told.get(id) === updatedAt.getTime()) continue;
        told.set(id, updatedAt.getTime());
        yield { event: 'change', data: { type: 'request.updated', resource: `requests/${id}`, kind, state } };
      }
      if (hasNews) yield { event: 'change', data: { type: 'notification.created', resource: 'me/notifications' } };
      since = new Date(Math.max(since.getTime(), now.getTime() - overlapMilliseconds));
      if (told.size > 1_000) told.clear();
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.listening;
  }

  private rest(signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      const done = () => {
        this.waiting.delete(done);
        resolve();
      };
      this.waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
    return Promise.race([woken, this.clock.sleep(pollMilliseconds, signal)]);
  }

  private wake(): void {
    for (const done of [...this.waiting]) done();
  }

  private async listen(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const lost = new AbortController();
        const end = await this.database.listen(
          newsChannel,
          () => this.wake(),
          () => lost.abort(),
        );
        await this.clock.sleep(2 ** 30, anySignal([signal, lost.signal]));
        await end().catch(() => undefined);
      } catch {
        await this.clock.sleep(2_000, signal);
      }
    }
  }
}
