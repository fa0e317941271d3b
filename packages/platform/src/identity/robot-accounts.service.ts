import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { Permission } from '../kernel/access/permissions.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, isUniqueViolation, type Prisma, type Transaction } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { createToken, hashToken, isId, newId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { CredentialCache } from './credential-cache.service.js';
import { rotated, toExpiry } from './credentials.rules.js';
import { fail } from './identity.errors.js';
import { robotTokenPrefix, toTokenPrefix } from './identity.rules.js';
import {
  type CreateRobot,
  type NewRobotAnswer,
  type RobotAnswer,
  type RobotQuery,
  toRobotAnswer,
  type UpdateRobot,
} from './robots.dto.js';
import { IdentitySettings } from './settings.service.js';
import type { Rotate } from './tokens.dto.js';

const include = { project: { select: { name: true } } } as const;
type Row = Prisma.RobotGetPayload<{ include: typeof include }>;

/** Robots that people make: of a tenant (`project` undefined in every call) or of a project. None gets more than its maker has. */
@Injectable()
export class RobotAccounts {
  constructor(
    private readonly database: Database,
    private readonly credentials: CredentialCache,
    private readonly settings: IdentitySettings,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly clock: Clock,
  ) {}

  async list(caller: TenantCaller, project: string | undefined, query: RobotQuery): Promise<Page<RobotAnswer>> {
    const place = await this.getPlace(caller, project);
    const { where, orderBy, take } = keyset<Prisma.RobotWhereInput>(query, 'username');
    const username = query.q ? { contains: query.q } : undefined;
    const isManaged = query.managed === 'true' ? undefined : false;
    const rows = await this.database.read.robot.findMany({
      where: { AND: [where], tenantId: caller.tenant.id, projectId: place?.id ?? null, username, isManaged },
      include,
      orderBy,
      take,
    });
    return toPage(rows, query.limit, (row) => [row.username, row.id], toRobotAnswer);
  }

  async get(caller: TenantCaller, project: string | undefined, robot: string): Promise<RobotAnswer> {
    return toRobotAnswer(await this.getRow(caller, project, robot));
  }

  async create(caller: TenantCaller, project: string | undefined, body: CreateRobot): Promise<NewRobotAnswer> {
    const place = await this.getPlace(caller, project);
    requireScopes(caller, place?.id, body.scopes);
    const token = createToken(robotTokenPrefix);
    const life = await this.settings.toLife(body.expiresInDays);
    const username = place ? `robot$${place.name}+${body.name}` : `robot$${body.name}`;
    const create = this.database.transaction(async (tx) => {
      const keys = { id: newId(), tenantId: caller.tenant.id, projectId: place?.id, username };
      const secret = { hash: hashToken(token), prefix: toTokenPrefix(token, robotTokenPrefix) };
      const expiresAt = toExpiry(this.clock.now(), life);
      const { scopes, ranges, description } = body;
      const data = { ...keys, ...secret, permissions: scopes, ranges, description, lifeDays: life, expiresAt };
      const row = await tx.robot.create({ data, include });
      await this.note(tx, caller, row, 'create', { after: body });
      return { ...toRobotAnswer(row), token };
    });
    return create.catch((error: unknown) => {
      throw isUniqueViolation(error) ? fail('robot-exists') : error;
    });
  }

  async update(
    caller: TenantCaller,
    project: string | undefined,
    robot: string,
    { isDisabled, scopes, ...fields }: UpdateRobot,
  ): Promise<RobotAnswer> {
    return this.change(caller, project, robot, 'update', async (before) => {
      if (scopes) requireScopes(caller, before.projectId ?? undefined, scopes);
      const disabledAt =
        isDisabled === undefined ? undefined : isDisabled ? (before.disabledAt ?? this.clock.now()) : null;
      return { ...fields, permissions: scopes, disabledAt };
    });
  }

  /** A new token; the old one stays good for the overlap. Whoever rotates must have what the robot has. */
  async rotate(
    caller: TenantCaller,
    project: string | undefined,
    robot: string,
    { overlapSeconds, expiresInDays }: Rotate,
  ): Promise<NewRobotAnswer> {
    const token = createToken(robotTokenPrefix);
    const answer = await this.change(caller, project, robot, 'rotate', async (before) => {
      requireScopes(caller, before.projectId ?? undefined, before.permissions);
      const life = await this.settings.toLife(expiresInDays, before.lifeDays);
      const now = this.clock.now();
      return {
        ...rotated(before, hashToken(token), now, overlapSeconds),
        prefix: toTokenPrefix(token, robotTokenPrefix),
        lifeDays: life,
        expiresAt: toExpiry(now, life),
      };
    });
    return { ...answer, token };
  }

  async delete(caller: TenantCaller, project: string | undefined, robot: string): Promise<void> {
    const { id } = await this.getRow(caller, project, robot);
    await this.credentials.change(async (tx) => {
      const before = await lock(tx, id);
      requireVersion(caller, before);
      if (before.isManaged) throw fail('robot-is-managed');
      await tx.robot.delete({ where: { id } });
      await this.note(tx, caller, before, 'delete', { before: toRobotAnswer(before) });
    });
  }

  private async change(
    caller: TenantCaller,
    project: string | undefined,
    robot: string,
    verb: 'update' | 'rotate',
    decide: (before: Row) => Promise<Prisma.RobotUncheckedUpdateInput>,
  ): Promise<RobotAnswer> {
    const { id } = await this.getRow(caller, project, robot);
    return this.credentials.change(async (tx) => {
      const before = await lock(tx, id);
      requireVersion(caller, before);
      if (before.isManaged) throw fail('robot-is-managed');
      const data = { ...(await decide(before)), version: { increment: 1 } };
      const row = await tx.robot.update({ where: { id }, data, include });
      const change = { before: toRobotAnswer(before), after: toRobotAnswer(row) };
      await this.note(tx, caller, row, verb, change);
      return toRobotAnswer(row);
    });
  }

  private async getRow(caller: TenantCaller, project: string | undefined, robot: string): Promise<Row> {
    const place = await this.getPlace(caller, project);
    const prefix = place ? `robot$${place.name}+` : 'robot$';
    const username = robot.startsWith('robot$') ? robot : prefix + robot;
    const key = isId(robot) ? { id: robot } : { username };
    const where = { ...key, tenantId: caller.tenant.id, projectId: place?.id ?? null };
    const row = await this.database.read.robot.findFirst({ where, include });
    if (!row) throw fail('robot-not-found');
    return row;
  }

  private async getPlace({ tenant }: TenantCaller, project: string | undefined) {
    if (project === undefined) return undefined;
    const key = isId(project) ? { id: project } : { name: project };
    const row = await this.database.read.project.findFirst({
      where: { ...key, tenantId: tenant.id },
      select: { id: true, name: true },
    });
    if (!row) throw refuse('not-found', 'There is no project of this name that you may see.');
    return row;
  }

  private async note(
    tx: Transaction,
    caller: TenantCaller,
    row: Row,
    verb: 'create' | 'update' | 'rotate' | 'delete',
    change: { before?: object; after?: object },
  ): Promise<void> {
    const { tenant } = caller;
    const path = `${row.project ? `projects/${row.project.name}/` : ''}robots/${row.username}`;
    const projectId = row.projectId ?? undefined;
    const resource = `tenants/${tenant.name}/${path}`;
    await this.audit.record(tx, caller, { action: `robot.${verb}`, resource, tenant, projectId, ...change });
    const type = verb === 'create' ? 'robot.created' : verb === 'delete' ? 'robot.deleted' : 'robot.updated';
    await this.events.record(tx, { tenantId: tenant.id, projectId, type, resource: path });
  }
}

async function lock(tx: Transaction, id: string): Promise<Row> {
  await tx.$queryRaw`SELECT 1 FROM robots WHERE id = ${id}::uuid FOR UPDATE`;
  const row = await tx.robot.findUnique({ where: { id }, include });
  if (!row) throw fail('robot-not-found');
  return row;
}

function requireScopes(caller: TenantCaller, projectId: string | undefined, scopes: readonly string[]): void {
  const lacking = scopes.filter((scope) => !isAllowed(caller.actor, caller.tenant, scope as Permission, projectId));
  if (lacking.length > 0) throw fail('robot-scope-lacking', `You lack: ${lacking.join(', ')}.`);
}
