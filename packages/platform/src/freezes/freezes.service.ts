import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Access } from '../kernel/access/access.js';
import { isAllowed, projectsAllowed } from '../kernel/access/policy.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type FreezeModel, type Prisma, type Reader, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import type { Caller, TenantCaller, TenantScope } from '../kernel/tenancy/caller.js';
import {
  type CreateFreeze,
  type FreezeAnswer,
  type FreezeCheck,
  toFreezeAnswer,
  type UpdateFreeze,
} from './freezes.dto.js';
import { fail } from './freezes.errors.js';
import { concerns, type FreezePlace, nextWindow, refuseSchedule, windowAt } from './freezes.rules.js';

/** Null: the platform. */
type Owner = TenantScope | null;

/** A freeze that is on in a place. */
export interface FreezeInForce {
  readonly name: string;
  readonly reason: string;
  readonly until: Date;
  readonly isOfPlatform: boolean;
  readonly allowRollback: boolean;
}

export interface TenantPlace extends FreezePlace {
  readonly tenantId: string;
}

/** Times in which nothing new is rolled out: the platform's, and each tenant's. */
@Injectable()
export class FreezesService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly access: Access,
    private readonly clock: Clock,
  ) {}

  /** A tenant's with the platform's, as far as the caller may see their projects. */
  async list(caller: Caller, owner: Owner, query: PageQuery): Promise<Page<FreezeAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.FreezeWhereInput>(query, 'name');
    const owners = [{ tenantId: null }, ...(owner ? [{ tenantId: owner.id }] : [])];
    const rows = await this.database.read.freeze.findMany({
      where: {
        AND: [where, { OR: owners }, visibleTo(caller, owner)],
        name: query.q ? { contains: query.q } : undefined,
      },
      orderBy,
      take,
    });
    const now = this.clock.now();
    const toAnswer = (row: FreezeModel) => toFreezeAnswer(row, owner?.name ?? null, now);
    return toPage(rows, query.limit, (row) => [row.name, row.id], toAnswer);
  }

  async get(caller: Caller, owner: Owner, name: string): Promise<FreezeAnswer> {
    const row = await find(this.database.read, owner, name, visibleTo(caller, owner));
    if (!row) throw fail('freeze-not-found');
    return toFreezeAnswer(row, owner?.name ?? null, this.clock.now());
  }

  async create(caller: Caller, owner: Owner, body: CreateFreeze): Promise<FreezeAnswer> {
    return this.database.transaction(async (tx) => {
      // Nulls are distinct to a unique index: two of the platform's must be told apart here.
      await tx.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtext('freezes'))) AS locked`;
      if (await find(tx, owner, body.name)) throw fail('freeze-exists');
      const row = await tx.freeze.create({ data: { id: newId(), tenantId: owner?.id, ...body } });
      requireSchedule(row);
      const after = toFreezeAnswer(row, owner?.name ?? null, this.clock.now());
      await this.note(tx, caller, owner, 'create', row.name, { after });
      return after;
    });
  }

  async update(caller: Caller, owner: Owner, name: string, body: UpdateFreeze): Promise<FreezeAnswer> {
    return this.database.transaction(async (tx) => {
      const before = await this.load(tx, caller, owner, name);
      const row = await tx.freeze.update({
        where: { id: before.id },
        data: { ...body, version: { increment: 1 } },
      });
      requireSchedule(row);
      const now = this.clock.now();
      const after = toFreezeAnswer(row, owner?.name ?? null, now);
      const change = { before: toFreezeAnswer(before, owner?.name ?? null, now), after };
      await this.note(tx, caller, owner, 'update', row.name, change);
      return after;
    });
  }

  async delete(caller: Caller, owner: Owner, name: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const row = await this.load(tx, caller, owner, name);
      await tx.freeze.delete({ where: { id: row.id } });
      const before = toFreezeAnswer(row, owner?.name ?? null, this.clock.now());
      await this.note(tx, caller, owner, 'delete', row.name, { before });
    });
  }

  /** The freeze that is on in a place; of several, the one that ends last. */
  async findInForce(
    reader: Reader,
    place: TenantPlace,
    cause: 'deploy' | 'rollback',
  ): Promise<FreezeInForce | undefined> {
    const now = this.clock.now();
    const rows = await this.rowsOf(reader, place);
    return rows
      .filter((row) => cause === 'deploy' || !row.allowRollback)
      .flatMap((row) => {
        const until = windowAt(row, now)?.until;
        const { name, reason, allowRollback } = row;
        return until ? [{ name, reason, allowRollback, until, isOfPlatform: row.tenantId === null }] : [];
      })
      .sort((a, b) => Number(b.isOfPlatform) - Number(a.isOfPlatform) || b.until.getTime() - a.until.getTime())[0];
  }

  async check(caller: TenantCaller, projectId: string, place: FreezePlace): Promise<FreezeCheck> {
    const now = this.clock.now();
    const rows = await this.rowsOf(this.database.read, { ...place, tenantId: caller.tenant.id });
    const current = rows.filter((row) => windowAt(row, now));
    const upcoming = rows
      .flatMap((row) => {
        const next = nextWindow(row, now);
        return next ? [{ row, from: next.from.getTime() }] : [];
      })
      .sort((a, b) => a.from - b.from)
      .slice(0, 10);
    const isOfPlatform = current.some(({ tenantId }) => tenantId === null);
    return {
      frozen: current.length > 0,
      canOverride: current.length > 0 && (await this.mayOverride(caller, projectId, isOfPlatform)),
      freezes: current.map((row) => toFreezeAnswer(row, caller.tenant.name, now)),
      upcoming: upcoming.map(({ row }) => toFreezeAnswer(row, caller.tenant.name, now)),
    };
  }

  /** A tenant's freeze is overridden by who may in the project, the platform's by who may on the platform. */
  async mayOverride(caller: Caller, projectId: string, isOfPlatform: boolean): Promise<boolean> {
    const permission = 'releases:override-freeze';
    if (isOfPlatform) return this.access.isAllowedOnPlatform(caller.actor, permission);
    return isOfTenant(caller) && isAllowed(caller.actor, caller.tenant, permission, projectId);
  }

  private async rowsOf(reader: Reader, { tenantId, ...place }: TenantPlace): Promise<FreezeModel[]> {
    const rows = await reader.freeze.findMany({ where: { OR: [{ tenantId: null }, { tenantId }] } });
    return rows.filter((row) => concerns(row, place));
  }

  private async load(tx: Transaction, caller: Caller, owner: Owner, name: string): Promise<FreezeModel> {
    const row = await find(tx, owner, name);
    if (!row) throw fail('freeze-not-found');
    await tx.$queryRaw`SELECT 1 FROM freezes WHERE id = ${row.id}::uuid FOR UPDATE`;
    const locked = await tx.freeze.findUnique({ where: { id: row.id } });
    if (!locked) throw fail('freeze-not-found');
    requireVersion(caller, locked);
    return locked;
  }

  private async note(
    tx: Transaction,
    caller: Caller,
    owner: Owner,
    verb: 'create' | 'update' | 'delete',
    name: string,
    change: { before?: object; after?: object },
  ): Promise<void> {
    const resource = `freezes/${name}`;
    await this.audit.record(tx, caller, {
      action: `freeze.${verb}`,
      resource: owner ? `tenants/${owner.name}/${resource}` : resource,
      tenant: owner ?? undefined,
      ...change,
    });
    if (owner) await this.events.record(tx, { tenantId: owner.id, type: `freeze.${verb}d`, resource });
  }
}

const isOfTenant = (caller: Caller): caller is TenantCaller => 'tenant' in caller;

/** Of one project's members only what is about their projects, or about all. */
function visibleTo({ actor }: Caller, owner: Owner): Prisma.FreezeWhereInput {
  const where = owner ? projectsAllowed(actor, owner, 'freezes:read') : 'all';
  if (!owner || where === 'all') return {};
  const names = [...owner.projectIds].flatMap(([name, id]) => (where.includes(id) ? [name] : []));
  return { OR: [{ projects: { isEmpty: true } }, { projects: { hasSome: names } }] };
}

function find(
  reader: Pick<Transaction, 'freeze'>,
  owner: Owner,
  name: string,
  where: Prisma.FreezeWhereInput = {},
): Promise<FreezeModel | null> {
  const key = isId(name) ? { id: name } : { name };
  return reader.freeze.findFirst({ where: { AND: [where], ...key, tenantId: owner?.id ?? null } });
}

function requireSchedule(row: FreezeModel): void {
  const refusal = refuseSchedule(row);
  if (refusal) throw fail('freeze-schedule-invalid', refusal);
}
