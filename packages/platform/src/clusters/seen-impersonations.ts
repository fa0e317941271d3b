import type { AuditEntry } from '../audit/audit.service.js';
import { OnceEach } from '../kernel/access/once-each.js';
import type { Actor } from '../kernel/tenancy/caller.js';

const againAfterMilliseconds = 15 * 60_000;

/**
 * What is merely read at a cluster leaves no row. That somebody reads in another's name does: one a quarter of an hour for each
 * pair, cluster and session.
 */
export class SeenImpersonations {
  private readonly seen: OnceEach;

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.seen = new OnceEach(againAfterMilliseconds, 1_000, now);
  }

  /** The row to write, when it is time for one. */
  begin(actor: Actor, cluster: string): AuditEntry | undefined {
    if (actor.kind !== 'user' || !actor.impersonator) return undefined;
    const key = [actor.impersonator.id, actor.id, cluster, actor.sessionId].join(' ');
    if (!this.seen.take(key)) return undefined;
    return { action: 'user.impersonate', resource: `users/${actor.username}/impersonation`, cluster };
  }
}
