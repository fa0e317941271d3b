import { Injectable } from '@nestjs/common';
import { Database, type Prisma, type Reader, type Transaction } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { platformChain, redactSecrets } from './audit.rules.js';

export interface AuditEntry {
  /** `noun.verb`, e.g. `project.create`. */
  readonly action: string;
  /** The path under /api/v1, e.g. `tenants/acme/projects/shop`. */
  readonly resource: string;
  /** Default: none, a change of the platform's. */
  readonly tenant?: { readonly id: string; readonly name: string };
  readonly projectId?: string;
  /** Default: success. */
  readonly outcome?: 'success' | 'denied' | 'failed';
  /** Of calls through the door to a cluster. */
  readonly cluster?: string;
  readonly namespace?: string;
  readonly before?: object;
  readonly after?: object;
}

/** Who acts: what a service behind a route gets, and what a door that authenticates by itself puts together. */
export type AuditCaller = Omit<Caller, 'actor' | 'ifMatch'> & {
  readonly actor: Pick<Caller['actor'], 'id' | 'username'>;
};

/** The record of every change, written in the transaction of the change, and of what is worth noting without one. */
@Injectable()
export class AuditService {
  constructor(private readonly database: Database) {}

  /** Writes the entry with the change: both are there, or neither. */
  async record(tx: Transaction, caller: AuditCaller, entry: AuditEntry): Promise<void> {
    await write(tx, caller, entry);
  }

  /** Writes an entry that belongs to no change: a login, an exec, a secret that was read, a call to a cluster, a refusal. */
  async note(caller: AuditCaller, entry: AuditEntry): Promise<void> {
    await write(this.database.read, caller, entry);
  }
}

async function write(tx: Reader, caller: AuditCaller, entry: AuditEntry): Promise<void> {
  await tx.auditEvent.create({
    data: {
      id: newId(),
      actorId: caller.actor.id,
      actor: caller.actor.username,
      impersonator: caller.impersonator,
      action: entry.action,
      resource: entry.resource,
      outcome: entry.outcome,
      tenantId: entry.tenant?.id,
      tenant: entry.tenant?.name,
      projectId: entry.projectId,
      cluster: entry.cluster,
      namespace: entry.namespace,
      before: toJson(entry.before),
      after: toJson(entry.after),
      requestId: caller.requestId,
      source: caller.source,
      userAgent: caller.userAgent,
      sessionId: caller.sessionId,
      chain: entry.tenant?.id ?? platformChain,
    },
  });
}

function toJson(value: object | undefined): Prisma.InputJsonObject | undefined {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(redactSecrets(value))) as Prisma.InputJsonObject);
}
