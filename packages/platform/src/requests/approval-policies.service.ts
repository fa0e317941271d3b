import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { type ApprovalPolicyModel, Database, type Prisma, type Transaction } from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { isId, newId } from '../kernel/ids/ids.js';
import type { Caller, TenantScope } from '../kernel/tenancy/caller.js';
import {
  type CreatePolicy,
  type PoliciesQuery,
  type PolicyAnswer,
  toPolicyAnswer,
  toPolicyRow,
  type UpdatePolicy,
} from './approval-policies.dto.js';
import { fail } from './approval-policies.errors.js';
import { refusePolicy } from './approval-policies.rules.js';
import { RequestHandlers } from './request-handlers.service.js';

const standardApprovers = { permission: 'requests:approve', roles: [], groups: [], users: [] };

/** Null: the platform. */
type Owner = Pick<TenantScope, 'id' | 'name'> | null;

/** Who must consent to what: the platform's policies, and each tenant's for what the tenant decides. */
@Injectable()
export class ApprovalPoliciesService {
  constructor(
    private readonly database: Database,
    private readonly handlers: RequestHandlers,
    private readonly audit: AuditService,
  ) {}

  async list(owner: Owner, query: PoliciesQuery): Promise<Page<PolicyAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.ApprovalPolicyWhereInput>(query, 'name');
    const rows = await this.database.read.approvalPolicy.findMany({
      where: {
        AND: [where],
        tenantId: owner?.id ?? null,
        kind: query.kind,
        name: query.q ? { contains: query.q } : undefined,
      },
      orderBy,
      take,
    });
    return toPage(
      rows,
      query.limit,
      (row) => [row.name, row.id],
      (row) => toPolicyAnswer(row, owner?.name ?? null),
    );
  }

  async get(owner: Owner, name: string): Promise<PolicyAnswer> {
    const row = await find(this.database.read, owner, name);
    if (!row) throw fail('approval-policy-not-found');
    return toPolicyAnswer(row, owner?.name ?? null);
  }

  async create(caller: Caller, owner: Owner, body: CreatePolicy): Promise<PolicyAnswer> {
    return this.database.transaction(async (tx) => {
      // Nulls are distinct to a unique index: two of the platform's must be told apart here.
      await tx.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtext('approval_policies'))) AS locked`;
      if (await find(tx, owner, body.name)) throw fail('approval-policy-exists');
      const { name, kind } = body;
      const row = await tx.approvalPolicy.create({
        data: {
          id: newId(),
          tenantId: owner?.id,
          name,
          kind,
          ...toColumns(owner, { approvers: standardApprovers, ...body }),
          conditions: toJson(body.conditions ?? []),
        },
      });
      this.check(owner, row);
      const answer = toPolicyAnswer(row, owner?.name ?? null);
      await this.note(tx, caller, owner, 'create', name, { after: answer });
      return answer;
    });
  }

  async update(caller: Caller, owner: Owner, name: string, body: UpdatePolicy): Promise<PolicyAnswer> {
    return this.database.transaction(async (tx) => {
      const before = await this.load(tx, caller, owner, name);
      const row = await tx.approvalPolicy.update({
        where: { id: before.id },
        data: {
          ...toColumns(owner, body),
          conditions: body.conditions ? toJson(body.conditions) : undefined,
          version: { increment: 1 },
        },
      });
      this.check(owner, row);
      const after = toPolicyAnswer(row, owner?.name ?? null);
      await this.note(tx, caller, owner, 'update', before.name, {
        before: toPolicyAnswer(before, owner?.name ?? null),
        after,
      });
      return after;
    });
  }

  /** Requests that wait keep the terms they were asked under. */
  async delete(caller: Caller, owner: Owner, name: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const before = await this.load(tx, caller, owner, name);
      await tx.approvalPolicy.delete({ where: { id: before.id } });
      await this.note(tx, caller, owner, 'delete', before.name, {
        before: toPolicyAnswer(before, owner?.name ?? null),
      });
    });
  }

  private async load(tx: Transaction, caller: Caller, owner: Owner, name: string): Promise<ApprovalPolicyModel> {
    const row = await find(tx, owner, name);
    if (!row) throw fail('approval-policy-not-found');
    await tx.$queryRaw`SELECT 1 FROM approval_policies WHERE id = ${row.id}::uuid FOR UPDATE`;
    const locked = await tx.approvalPolicy.findUnique({ where: { id: row.id } });
    if (!locked) throw fail('approval-policy-not-found');
    requireVersion(caller, locked);
    return locked;
  }

  private check(owner: Owner, row: ApprovalPolicyModel): void {
    const refusal = refusePolicy(
      toPolicyRow(row),
      owner ? 'tenant' : 'platform',
      this.handlers.get(row.kind).decidedBy,
    );
    if (refusal) throw fail(refusal);
  }

  private async note(
    tx: Transaction,
    caller: Caller,
    owner: Owner,
    verb: string,
    name: string,
    change: { before?: object; after?: object },
  ): Promise<void> {
    const resource = `${owner ? `tenants/${owner.name}/` : ''}approval-policies/${name}`;
    await this.audit.record(tx, caller, {
      action: `approval-policy.${verb}`,
      resource,
      tenant: owner ?? undefined,
      ...change,
    });
  }
}

function find(
  reader: Pick<Transaction, 'approvalPolicy'>,
  owner: Owner,
  name: string,
): Promise<ApprovalPolicyModel | null> {
  const key = isId(name) ? { id: name } : { name };
  return reader.approvalPolicy.findFirst({ where: { ...key, tenantId: owner?.id ?? null } });
}

function toColumns(
  owner: Owner,
  { approvers, conditions: _, priority, environmentKinds, approvalsNeeded, ...times }: UpdatePolicy,
) {
  const { expiresAfterSeconds, maxGrantSeconds } = times;
  const who = approvers && {
    approverScope: approvers.scope ?? (owner ? 'tenant' : 'platform'),
    approverPermission: approvers.permission,
    approverRoles: approvers.roles,
    approverGroups: approvers.groups,
    approverUsers: approvers.users,
  };
  return { priority, environmentKinds, approvalsNeeded, expiresAfterSeconds, maxGrantSeconds, ...who };
}

function toJson(value: object) {
  return JSON.parse(JSON.stringify(value));
}
