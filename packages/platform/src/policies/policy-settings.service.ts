import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { embeddedCluster } from '../clusters/clusters.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, Prisma, type Transaction } from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { type PolicyRow, toPolicyAnswer, withExemptions } from './policies.codec.js';
import type { CreateExemption, CreateImagePolicy, ImagePolicyAnswer, UpdateImagePolicy } from './policies.dto.js';
import { fail } from './policies.errors.js';
import { applyPolicies } from './policies.job-definitions.js';

/** Whose policies: a tenant's, or the platform's. */
type Owner = { readonly id: string; readonly name: string } | null;

/** The rows of image policies; every change is carried into the clusters by a job. */
@Injectable()
export class PolicySettings {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** The platform's; for a tenant its own and the platform's, which hold there, too, with the exemptions that are its business. */
  async list(owner: Owner, query: PageQuery): Promise<Page<ImagePolicyAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.ImagePolicyWhereInput>(query, 'name');
    const name = query.q ? { contains: query.q } : undefined;
    const owners = owner ? { OR: [{ tenantId: null }, { tenantId: owner.id }] } : { tenantId: null };
    const rows = await this.database.read.imagePolicy.findMany({
      where: { AND: [where, owners], name },
      include: withExemptions,
      orderBy,
      take,
    });
    return toPage(
      rows,
      query.limit,
      (row) => [row.name, row.id],
      (row) => toPolicyAnswer(toOwn(row, owner)),
    );
  }

  async get(owner: Owner, nameOrId: string): Promise<ImagePolicyAnswer> {
    const own = await this.find(this.database.read, owner?.id ?? null, nameOrId);
    const row = own ?? (owner ? await this.find(this.database.read, null, nameOrId) : undefined);
    if (!row) throw fail('image-policy-not-found');
    return toPolicyAnswer(toOwn(row, owner));
  }

  async create(caller: Caller, owner: Owner, body: CreateImagePolicy): Promise<ImagePolicyAnswer> {
    const { name, description = '', mode = 'warn', ...rules } = body;
    requireRule(rules);
    return this.change(caller, owner, 'create', async (tx) => {
      // PostgreSQL takes the platform's, which have no tenant, for all different.
      await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext('slipway_image_policies'))::text`;
      if (await this.find(tx, owner?.id ?? null, name)) throw fail('image-policy-name-taken');
      const data = { ...toColumns(rules), tenantId: owner?.id, name, description, mode };
      const row = await tx.imagePolicy.create({ data: { id: newId(), ...data, createdBy: caller.actor.username } });
      return { id: row.id, after: body };
    });
  }

  async update(caller: Caller, owner: Owner, nameOrId: string, body: UpdateImagePolicy): Promise<ImagePolicyAnswer> {
    return this.change(caller, owner, 'update', async (tx) => {
      const row = await this.lock(tx, owner, nameOrId);
      requireVersion(caller, row);
      const before = toPolicyAnswer(row);
      requireRule({ ...before, ...body });
      const { description, mode, ...rules } = body;
      await tx.imagePolicy.update({
        where: { id: row.id },
        data: { ...toColumns(rules), description, mode, version: { increment: 1 } },
      });
      return { id: row.id, before, after: body };
    });
  }

  async delete(caller: Caller, owner: Owner, nameOrId: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const row = await this.lock(tx, owner, nameOrId);
      requireVersion(caller, row);
      await tx.imagePolicy.delete({ where: { id: row.id } });
      await this.record(tx, caller, owner, row.name, 'delete', { before: toPolicyAnswer(row) });
    });
  }

  /** Lets images pass until a day, with a reason that stands in the audit log. */
  async exempt(caller: Caller, owner: Owner, nameOrId: string, body: CreateExemption): Promise<ImagePolicyAnswer> {
    const tenant =
      owner || !body.tenant
        ? owner
        : await this.database.read.tenant.findUnique({
            where: { name: body.tenant },
            select: { id: true, name: true },
          });
    if (!owner && body.tenant && !tenant) throw fail('image-policy-not-found', 'There is no such tenant.');
    const seconds = body.expiresInDays * 86_400;
    return this.change(caller, owner, 'exempt', async (tx) => {
      const row = await this.lock(tx, owner, nameOrId);
      const expiresAt = new Date(this.clock.now().getTime() + seconds * 1000);
      const { image, vulnerability, reason } = body;
      const data = { policyId: row.id, tenantId: tenant?.id, image, vulnerability, reason, expiresAt };
      await tx.imageExemption.create({ data: { id: newId(), ...data, createdBy: caller.actor.username } });
      await tx.imagePolicy.update({ where: { id: row.id }, data: { version: { increment: 1 } } });
      await this.outbox.enqueue(tx, applyPolicies, { cluster: embeddedCluster }, { delaySeconds: seconds + 1 });
      return { id: row.id, after: { image, vulnerability, reason, tenant: tenant?.name, expiresAt } };
    });
  }

  async endExemption(caller: Caller, owner: Owner, nameOrId: string, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const row = await this.lock(tx, owner, nameOrId);
      const exemption = row.exemptions.find((candidate) => candidate.id === id);
      if (!exemption) throw fail('image-exemption-not-found');
      await tx.imageExemption.delete({ where: { id } });
      await tx.imagePolicy.update({ where: { id: row.id }, data: { version: { increment: 1 } } });
      const { image, vulnerability, reason } = exemption;
      await this.record(tx, caller, owner, row.name, 'end-exemption', { before: { image, vulnerability, reason } });
    });
  }

  private async change(
    caller: Caller,
    owner: Owner,
    verb: string,
    work: (tx: Transaction) => Promise<{ id: string; before?: object; after: object }>,
  ): Promise<ImagePolicyAnswer> {
    return this.database.transaction(async (tx) => {
      const { id, before, after } = await work(tx);
      const row = await tx.imagePolicy.findUniqueOrThrow({ where: { id }, include: withExemptions });
      await this.record(tx, caller, owner, row.name, verb, { before, after });
      return toPolicyAnswer(row);
    });
  }

  private async record(
    tx: Transaction,
    caller: Caller,
    owner: Owner,
    name: string,
    verb: string,
    change: { before?: object; after?: object },
  ): Promise<void> {
    const resource = `${owner ? `tenants/${owner.name}/` : ''}image-policies/${name}`;
    const entry = { action: `image-policy.${verb}`, resource, tenant: owner ?? undefined };
    await this.audit.record(tx, caller, { ...entry, ...change });
    await this.outbox.enqueue(tx, applyPolicies, { cluster: embeddedCluster });
  }

  private async lock(tx: Transaction, owner: Owner, nameOrId: string): Promise<PolicyRow> {
    const found = await this.find(tx, owner?.id ?? null, nameOrId);
    if (!found) throw fail('image-policy-not-found');
    await tx.$queryRaw`SELECT 1 FROM image_policies WHERE id = ${found.id}::uuid FOR UPDATE`;
    return tx.imagePolicy.findUniqueOrThrow({ where: { id: found.id }, include: withExemptions });
  }

  /** The row of the owner itself, by name or id. */
  async findOwn(owner: Owner, nameOrId: string): Promise<PolicyRow | undefined> {
    return this.find(this.database.read, owner?.id ?? null, nameOrId);
  }

  private async find(tx: Transaction, tenantId: string | null, nameOrId: string): Promise<PolicyRow | undefined> {
    const key = isId(nameOrId) ? { id: nameOrId } : { name: nameOrId };
    return (await tx.imagePolicy.findFirst({ where: { tenantId, ...key }, include: withExemptions })) ?? undefined;
  }
}

/** The platform's policy as a tenant sees it: exemptions of others are not its business. */
function toOwn(row: PolicyRow, owner: Owner): PolicyRow {
  if (!owner) return row;
  const exemptions = row.exemptions.filter(({ tenantId }) => tenantId === null || tenantId === owner.id);
  return { ...row, exemptions };
}

/** Throws 422 where no image could ever be refused. */
export function requireRule(rules: UpdateImagePolicy): void {
  const { requireDigest, registries = [], signatureKeys = [], vulnerabilities } = rules;
  const hasRule = requireDigest || registries.length > 0 || signatureKeys.length > 0 || vulnerabilities;
  if (!hasRule) throw fail('image-policy-empty');
}

function toColumns({ environmentKinds, registries, requireDigest, signatureKeys, vulnerabilities }: UpdateImagePolicy) {
  return {
    environmentKinds,
    registries,
    requireDigest,
    signatureKeys,
    vulnerabilities: vulnerabilities === null ? Prisma.DbNull : vulnerabilities,
  };
}
