import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { AuditService } from '../audit/audit.service.js';
import { KeyRing } from '../kernel/crypto/key-ring.js';
import { SealedStore } from '../kernel/crypto/sealed-store.js';
import { Database } from '../kernel/database/index.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { OperationsService } from '../operations/operations.service.js';
import type { EncryptionKeysAnswer, RotationAnswer } from './keys.dto.js';
import { fail } from './keys.errors.js';
import { rewrapSecrets } from './keys.job-definitions.js';

/** The master keys: which there are, what they hold, and how one takes the place of another. */
@Injectable()
export class KeysService {
  constructor(
    private readonly ring: KeyRing,
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly operations: OperationsService,
    private readonly audit: AuditService,
    private readonly discovery: DiscoveryService,
  ) {}

  async list(): Promise<EncryptionKeysAnswer> {
    const counts = await this.countByKey();
    const keys = this.ring.list();
    const primary = this.ring.primary.id;
    const items = keys.map(({ id, source, since }) => ({
      id,
      name: id,
      state: id === primary ? ('primary' as const) : ('active' as const),
      source,
      since: since?.toISOString() ?? null,
      secrets: counts.get(id) ?? 0,
    }));
    const known = new Set(keys.map((key) => key.id));
    const missing = [...counts].reduce((sum, [id, count]) => sum + (known.has(id) ? 0 : count), 0);
    const newest = await this.operations.findNewest(rewrapSecrets.name);
    const rotation = newest && {
      operation: newest.id,
      state: newest.state,
      progress: newest.progress,
      createdBy: newest.createdBy,
      createdAt: newest.createdAt,
    };
    return { items, nextCursor: null, missing, rotation: rotation ?? null };
  }

  /** Makes a new primary key, and has all secrets rewrapped under it. What is sealed meanwhile is sealed with it already. */
  async rotate(caller: Caller): Promise<RotationAnswer> {
    const before = this.ring.primary.id;
    const primary = await this.ring.rotate().catch((cause: unknown) => {
      throw fail('encryption-keys-read-only', { cause });
    });
    return this.startRewrap(caller, 'encryption-key.rotate', before, primary);
  }

  /** Rewraps what is not under the primary key: after a key was put into the ring by hand, or a rotation was given up. */
  rewrap(caller: Caller): Promise<RotationAnswer> {
    const primary = this.ring.primary.id;
    return this.startRewrap(caller, 'encryption-key.rewrap', primary, primary);
  }

  async retire(caller: Caller, id: string): Promise<void> {
    if (!this.ring.find(id)) throw fail('encryption-key-not-found');
    const uses = (await this.countByKey()).get(id) ?? 0;
    if (id === this.ring.primary.id) throw fail('encryption-key-in-use', 'It is the primary key.');
    if (uses > 0) throw fail('encryption-key-in-use', `${uses} secrets need it.`);
    await this.database.transaction((tx) =>
      this.audit.record(tx, caller, { action: 'encryption-key.retire', resource: `encryption-keys/${id}` }),
    );
    this.ring.retire(id);
  }

  stores(): SealedStore[] {
    const instances = this.discovery.getProviders().map((wrapper) => wrapper.instance as unknown);
    return [...new Set(instances)].filter((instance) => instance instanceof SealedStore);
  }

  private startRewrap(caller: Caller, action: string, before: string, primary: string): Promise<RotationAnswer> {
    return this.database.transaction(async (tx) => {
      const resource = `encryption-keys/${primary}`;
      const operation = await this.operations.start(tx, caller, {
        kind: rewrapSecrets.name,
        subject: resource,
        steps: this.stores().map((store) => store.name),
      });
      await this.audit.record(tx, caller, { action, resource, before: { primary: before }, after: { primary } });
      await this.outbox.enqueue(tx, rewrapSecrets, { operation });
      return { primary, operation };
    });
  }

  private async countByKey(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const store of this.stores())
      for (const [id, count] of await store.countByKey()) counts.set(id, (counts.get(id) ?? 0) + count);
    return counts;
  }
}
