import { Injectable } from '@nestjs/common';
import { Database } from '../kernel/database/index.js';
import { isReservedName, toGroupName } from './tenants.rules.js';

/** Which names tenants may have, and what else is named after them. */
@Injectable()
export class TenantNames {
  constructor(private readonly database: Database) {}

  /** Neither the platform's, nor a tenant's, nor asked for by a request that waits. */
  async isFree(name: string): Promise<boolean> {
    if (isReservedName(name)) return false;
    const subject = `tenants/${name}`;
    const [tenants, requests] = await Promise.all([
      this.database.read.tenant.count({ where: { name } }),
      this.database.read.request.count({ where: { kind: 'tenant', state: 'pending', subject } }),
    ]);
    return tenants + requests === 0;
  }

  groupOf(name: string): string {
    return toGroupName(name);
  }
}
