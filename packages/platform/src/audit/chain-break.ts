import type { AuditEventModel } from '../kernel/database/index.js';
import { systemCaller } from '../kernel/tenancy/caller.js';
import { platformChain } from './audit.rules.js';
import type { AuditCaller, AuditEntry } from './audit.service.js';

type Place = Pick<AuditEventModel, 'chain' | 'tenantId' | 'tenant' | 'seq'>;

/** What the log says of itself where a chain was found broken, at a row of it. */
export function toBreak({ chain, tenantId, tenant, seq }: Place): { caller: AuditCaller; entry: AuditEntry } {
  return {
    caller: systemCaller('audit', `chain-${chain}`),
    entry: {
      action: 'audit-chain.break',
      resource: `${tenant ? `tenants/${tenant}/` : ''}audit-state`,
      outcome: 'failed',
      ...(chain !== platformChain && tenantId && tenant && { tenant: { id: tenantId, name: tenant } }),
      after: { chain, seq: Number(seq) },
    },
  };
}
