import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import type { Actor, Caller } from '../kernel/tenancy/caller.js';
import { NotificationsService } from '../notifications/notifications.service.js';

interface Begun {
  /** Of the token by which he acts. */
  readonly id: string;
  readonly user: { readonly id: string; readonly username: string };
  readonly reason: string;
  readonly begunAt: Date;
  readonly expiresAt: Date;
}

/** Writes down who acts in whose name, and tells the one whose name it is: who, since when and why. */
@Injectable()
export class ImpersonationNews {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly notifications: NotificationsService,
    private readonly clock: Clock,
  ) {}

  async tellBegun(tx: Transaction, caller: Caller, { id, user, reason, begunAt, expiresAt }: Begun): Promise<void> {
    await this.audit.record(tx, caller, {
      action: 'user.impersonate',
      resource: toResource(user.username),
      after: { reason, expiresAt: expiresAt.toISOString() },
    });
    const minutes = Math.max(1, Math.round((expiresAt.getTime() - begunAt.getTime()) / 60_000));
    await this.tell(tx, user.id, { key: id, requester: caller.actor.username, title: `${minutes} min`, reason });
  }

  async tellEnded(tx: Transaction, caller: Caller, username: string): Promise<void> {
    await this.audit.record(tx, caller, { action: 'user.impersonate-end', resource: toResource(username) });
  }

  /** `kubectl --as` asks for no token and gives no reason: each pair is told of once a day and cluster. */
  async tellKubectl(actor: Actor, cluster: string): Promise<void> {
    if (actor.kind !== 'user' || !actor.impersonator) return;
    const { id, username, impersonator } = actor;
    const day = this.clock.now().toISOString().slice(0, 10);
    const key = ['kubectl', impersonator.id, cluster, day].join('/');
    const news = { key, requester: impersonator.username, title: cluster, reason: `kubectl --as ${username}` };
    await this.database.transaction((tx) => this.tell(tx, id, news));
  }

  private async tell(
    tx: Transaction,
    userId: string,
    { key, ...said }: { key: string; requester: string; title: string; reason: string },
  ): Promise<void> {
    await this.notifications.tell(tx, [userId], {
      type: 'impersonated',
      key: `impersonated/${key}`,
      link: '/me',
      data: { ...said, kind: 'impersonation', tenant: null },
    });
  }
}

const toResource = (username: string): string => `users/${username}/impersonation`;
