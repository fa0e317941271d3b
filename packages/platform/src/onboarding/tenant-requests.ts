import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { BlueprintsService } from '../blueprints/blueprints.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import type { Prisma, Reader, Transaction } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { OperationsService } from '../operations/operations.service.js';
import {
  type DecidedRequest,
  Decides,
  type RequestHandler,
  type RequestPlace,
} from '../requests/request-handlers.service.js';
import { TenantNames } from '../tenants/tenant-names.service.js';
import { fail } from './onboarding.errors.js';
import { setUpTenant } from './onboarding.job-definitions.js';
import { describePlan, rolesOf, setupSteps, type TenantPlan, tenantPlan } from './onboarding.rules.js';

/** Anybody may ask for a tenant; who consents has it set up by the worker. */
@Decides('tenant')
@Injectable()
export class TenantRequests implements RequestHandler<TenantPlan> {
  readonly payload = tenantPlan;
  readonly decidedBy = 'platform';

  constructor(
    private readonly names: TenantNames,
    private readonly blueprints: BlueprintsService,
    private readonly operations: OperationsService,
    private readonly outbox: Outbox,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'tenantRequests'>,
  ) {}

  describe(plan: TenantPlan) {
    return describePlan(plan);
  }

  /** A name that is asked for is kept until the request is over. */
  async place({ actor }: Caller, plan: TenantPlan): Promise<RequestPlace<TenantPlan>> {
    if (actor.kind === 'robot') throw refuse('forbidden', 'A robot belongs to a tenant, and asks for none.');
    if (this.config.tenantRequests === 'closed' && !actor.isAdmin) throw fail('tenant-requests-closed');
    const subject = toSubject(plan.name);
    if (!(await this.names.isFree(plan.name))) throw fail('tenant-name-reserved-or-taken');
    for (const { blueprint } of plan.projects) await this.blueprints.resolve(null, blueprint);
    return { tenant: null, subject, payload: plan };
  }

  async claim(tx: Transaction, plan: TenantPlan): Promise<void> {
    if (!(await this.names.claim(tx, plan.name))) throw fail('tenant-name-reserved-or-taken');
  }

  async granted(tx: Transaction, request: DecidedRequest<TenantPlan>, caller: Caller): Promise<void> {
    const plan = request.payload;
    await requireUsers(tx, [...rolesOf(plan, request.requester).keys()]);
    if ((await tx.tenant.count({ where: { name: plan.name } })) > 0) throw fail('tenant-name-reserved-or-taken');
    const tenant = { id: newId(), name: plan.name };
    // The asker follows it, whoever consented.
    const asker = { ...caller, actor: { ...caller.actor, username: request.requester } };
    const operationId = await this.operations.start(tx, asker, {
      kind: setUpTenant.name,
      subject: toSubject(plan.name),
      tenantId: tenant.id,
      steps: setupSteps,
    });
    const { purpose, costCentre } = plan;
    const texts = { displayName: plan.displayName ?? plan.name, purpose, costCentre };
    await tx.tenant.create({ data: { ...tenant, ...texts, state: 'requested', operationId } });
    await tx.tenantSetup.create({
      data: {
        tenantId: tenant.id,
        requestId: request.id,
        operationId,
        plan: toJson({ ...plan, requester: request.requester }),
      },
    });
    await this.outbox.enqueue(tx, setUpTenant, { tenantId: tenant.id });
    const resource = toSubject(plan.name);
    await this.audit.record(tx, caller, { action: 'tenant.create', resource, tenant, after: plan });
  }
}

const toSubject = (name: string): string => `tenants/${name}`;

async function requireUsers(reader: Reader, usernames: readonly string[]): Promise<void> {
  const rows = await reader.user.findMany({ where: { username: { in: [...usernames] } }, select: { username: true } });
  const missing = usernames.filter((username) => !rows.some((row) => row.username === username));
  if (missing.length > 0) throw fail('tenant-plan-unknown-user', `There is no user ${missing.join(', ')}.`);
}

const toJson = (plan: object): Prisma.InputJsonObject => JSON.parse(JSON.stringify(plan));
