import { Injectable } from '@nestjs/common';
import { Database, type Reader, type Transaction } from '../kernel/database/index.js';
import { isReservedName, toGroupName } from './tenants.rules.js';

/** Which names tenants may have, and what else is named after them. */
@Injectable()
export class TenantNames {
  constructor(private readonly database: Database) {}

  /** Neither the platform's, nor a tenant's, nor asked for by a request that waits. */
  async isFree(name: string, reader: Reader = this.database.read): Promise<boolean> {
    if (isReservedName(name)) return false;
    const where = { kind: 'tenant', state: 'pending', subject: `tenants/${name}` };
    if ((await reader.tenant.count({ where: { name } })) > 0) return false;
    return (await reader.request.count({ where })) === 0;
  }

  /**
   * Whether it is free, held until the transaction ends: of all that ask for a name or make a tenant of it at once, one goes on
   * and the others see what it did.
   */
  async claim(tx: Transaction, name: string): Promise<boolean> {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`tenant-name/${name}`}, 0))`;
    return this.isFree(name, tx);
  }

  groupOf(name: string): string {
    return toGroupName(name);
  }
}
