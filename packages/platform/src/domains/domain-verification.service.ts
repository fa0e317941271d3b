import { Injectable } from '@nestjs/common';
import type { PlacementScope } from '../applications/application-scopes.service.js';
import { Access } from '../kernel/access/access.js';
import { Clock } from '../kernel/clock/clock.js';
import { asPlatform, Database, type DomainModel, isUniqueViolation } from '../kernel/database/index.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { DomainNews } from './domain-news.service.js';
import { DomainProofs, type Proven } from './domain-proofs.service.js';
import { fail } from './domains.errors.js';
import { planNextCheck } from './verification.rules.js';

/** Finds out whether a host name is a tenant's. */
@Injectable()
export class DomainVerification {
  constructor(
    private readonly database: Database,
    private readonly news: DomainNews,
    private readonly proofs: DomainProofs,
    private readonly access: Access,
    private readonly clock: Clock,
  ) {}

  /** Throws 409 `hostname-taken` where it is verified anywhere, of whichever tenant: nothing is said of whom. */
  async requireFree(hostname: string): Promise<void> {
    const where = { hostname, state: 'verified' };
    const taken = await asPlatform('domain-names', () =>
      this.database.read.domain.findFirst({ where, select: { id: true } }),
    );
    if (taken) throw fail('hostname-taken');
  }

  /** What a domain is when it is added. */
  async begin(tenantId: string, hostname: string) {
    const now = this.clock.now();
    const known = await this.proofs.findKnown(tenantId, hostname);
    if (known) return { state: 'verified', proof: known.proof, verifiedAt: now, message: known.message };
    return { state: 'pending', askedAt: now, nextCheckAt: planNextCheck(now, now, 0) };
  }

  /** Looks now. What is not found is looked for by the platform for another while. */
  async verify(caller: Caller, scope: PlacementScope, row: DomainModel): Promise<void> {
    if (row.state === 'verified') return;
    await this.requireFree(row.hostname);
    const found = await this.proofs.look(row.tenantId, row.hostname);
    if (found.proof !== null) return this.settle(caller, scope, row, found);
    const now = this.clock.now();
    const check = { lastCheckedAt: now, message: found.message, askedAt: now, checkCount: 0 };
    const data = { ...check, nextCheckAt: planNextCheck(now, now, 0), version: { increment: 1 } };
    await this.database.transaction(async (tx) => {
      await tx.domain.updateMany({ where: { id: row.id, state: 'pending' }, data });
      await this.news.note(tx, caller, scope, 'verify', row.hostname, { state: 'pending' });
    });
  }

  /** Somebody of the platform knows better than the DNS. Throws 403 for all others. */
  async confirm(caller: Caller, scope: PlacementScope, row: DomainModel, reason: string): Promise<void> {
    await this.access.requireOnPlatform(caller.actor, 'domains:confirm');
    if (row.state === 'verified') return;
    await this.requireFree(row.hostname);
    const message = `Confirmed by ${caller.actor.username}: ${reason}`;
    await this.settle(caller, scope, row, { proof: 'administrator', message }, reason);
  }

  /** The look of the platform's own, at one that is due. */
  async check(caller: Caller, scope: PlacementScope, row: DomainModel): Promise<void> {
    const found = await this.proofs.look(row.tenantId, row.hostname);
    if (found.proof === null) return this.postpone(row, found.message);
    try {
      await this.settle(caller, scope, row, found);
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== 'hostname-taken') throw error;
      await this.postpone(row, 'It is proven, but the host name leads to another application already.');
    }
  }

  /** What could not be done now is looked at again, each time after a longer while. */
  async postpone(row: DomainModel, message: string): Promise<void> {
    const now = this.clock.now();
    const checkCount = row.checkCount + 1;
    const nextCheckAt = planNextCheck(now, row.askedAt, checkCount);
    const data = { lastCheckedAt: now, message, checkCount, nextCheckAt };
    await this.database.read.domain.updateMany({ where: { id: row.id, state: 'pending' }, data });
  }

  private async settle(caller: Caller, scope: PlacementScope, row: DomainModel, proven: Proven, reason?: string) {
    const now = this.clock.now();
    const data = { ...proven, state: 'verified', verifiedAt: now, lastCheckedAt: now, nextCheckAt: null };
    const settled = new Error('Somebody else has verified or removed it meanwhile.');
    try {
      await this.news.change(caller, scope, true, async (tx) => {
        const where = { id: row.id, state: 'pending' };
        const { count } = await tx.domain.updateMany({ where, data: { ...data, version: { increment: 1 } } });
        if (count === 0) throw settled;
        const after = { state: 'verified', proof: proven.proof, ...(reason === undefined ? {} : { reason }) };
        await this.news.tell(tx, caller, scope, 'verify', row.hostname, after);
      });
    } catch (error) {
      if (error === settled) return;
      if (isUniqueViolation(error, 'hostname')) throw fail('hostname-taken');
      throw error;
    }
  }
}
