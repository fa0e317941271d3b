import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type TenantModel, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { isTenantState, type TenantState } from '../kernel/tenancy/tenant-state.js';
import { OperationsService } from '../operations/operations.service.js';
import { type MoveTenant, type TenantStateAnswer, toTenantStateAnswer } from './tenant-states.dto.js';
import { applyTenantState } from './tenant-states.job-definitions.js';
import { type ChosenState, canMove, nextStates, stepsOf } from './tenant-states.rules.js';
import { fail } from './tenants.errors.js';

/** Moves a tenant from state to state: refusals at once, what runs by the worker. */
@Injectable()
export class TenantStates {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly operations: OperationsService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  async get(caller: TenantCaller): Promise<TenantStateAnswer> {
    return toTenantStateAnswer(await this.database.read.tenant.findUniqueOrThrow({ where: { id: caller.tenant.id } }));
  }

  /** To the state it is in already changes nothing. */
  async move(caller: TenantCaller, { state: to, reason, confirm }: MoveTenant): Promise<TenantStateAnswer> {
    const { id, name } = caller.tenant;
    return this.database.transaction(async (tx) => {
      const before = await lock(tx, id);
      requireVersion(caller, before);
      const from = readState(before);
      if (from === to) return toTenantStateAnswer(before);
      if (!canMove(from, to)) throw fail('tenant-state-impossible', explain(from));
      if (to === 'archived' && confirm !== name) throw fail('tenant-not-confirmed');
      const operationId = await this.begin(tx, caller, from, to);
      const kept = operationId ?? before.operationId;
      const changes = { state: to, stateReason: to === 'active' ? null : reason, stateChangedAt: this.clock.now() };
      const data = { ...changes, operationId: kept, version: { increment: 1 } };
      const after = await tx.tenant.update({ where: { id }, data });
      await this.audit.record(tx, caller, {
        action: 'tenant.move',
        resource: `tenants/${name}`,
        tenant: caller.tenant,
        before: { state: from },
        after: { state: to, reason },
      });
      await this.events.record(tx, { tenantId: id, type: 'tenant.updated', resource: '', data: { state: to } });
      await noteAccessChange(tx, { tenantId: id });
      return { ...toTenantStateAnswer(after), operation: operationId };
    });
  }

  private async begin(
    tx: Transaction,
    caller: TenantCaller,
    from: TenantState,
    to: ChosenState,
  ): Promise<string | null> {
    const steps = stepsOf(from, to);
    if (steps.length === 0) return null;
    const { id: tenantId, name } = caller.tenant;
    const start = { kind: applyTenantState.name, subject: `tenants/${name}`, tenantId, steps };
    const operation = await this.operations.start(tx, caller, start);
    await this.outbox.enqueue(tx, applyTenantState, { tenantId, operation });
    return operation;
  }
}

async function lock(tx: Transaction, id: string): Promise<TenantModel> {
  await tx.$queryRaw`SELECT 1 FROM tenants WHERE id = ${id}::uuid FOR UPDATE`;
  return tx.tenant.findUniqueOrThrow({ where: { id } });
}

const readState = ({ state }: TenantModel): TenantState => (isTenantState(state) ? state : 'deleting');

function explain(from: TenantState): string {
  const next = nextStates(from);
  return `A tenant that is ${from} can become ${next.length > 0 ? next.join(' or ') : 'nothing else'}.`;
}
