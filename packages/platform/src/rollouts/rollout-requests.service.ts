import { Injectable } from '@nestjs/common';
import {
  type ApplicationScope,
  ApplicationScopes,
  eventIds,
  eventPathOf,
  pathOf,
} from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { Database, type Prisma, type ReleaseModel } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { isId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ReleasesService } from '../releases/releases.service.js';
import { PlacementImages } from './placement-images.service.js';
import { type PendingCommand, readCommands, readRollout, readStrategy } from './rollouts.codec.js';
import {
  type CreateRollout,
  type Rollback,
  type RolloutAnswer,
  type RolloutQuery,
  rolloutSchema,
} from './rollouts.dto.js';
import { fail } from './rollouts.errors.js';
import { isFinal, targetOf } from './rollouts.rules.js';
import { RolloutsService, type StartOptions } from './rollouts.service.js';
import { hasTwoSlots, rolling } from './strategy.rules.js';

const withNames = {
  environment: { select: { name: true } },
  application: { select: { releases: { select: { id: true, number: true } } } },
} satisfies Prisma.RolloutInclude;
type Row = Prisma.RolloutGetPayload<{ include: typeof withNames }>;

/** What callers ask about rollouts. */
@Injectable()
export class RolloutRequests {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly releases: ReleasesService,
    private readonly rollouts: RolloutsService,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly images: PlacementImages,
  ) {}

  async list(
    caller: TenantCaller,
    project: string,
    application: string,
    query: RolloutQuery,
  ): Promise<Page<RolloutAnswer>> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const { where, orderBy, take } = keyset<Prisma.RolloutWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const environment = query.environment ? { name: query.environment } : undefined;
    const rows = await this.database.read.rollout.findMany({
      where: { AND: [where], tenantId: caller.tenant.id, applicationId: scope.application.id, environment },
      orderBy,
      take,
      include: withNames,
    });
    return toPage(rows, query.limit, (row) => [row.createdAt, row.id], toAnswer);
  }

  async get(caller: TenantCaller, project: string, application: string, id: string): Promise<RolloutAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    return toAnswer(await this.load(scope, id));
  }

  async create(
    caller: TenantCaller,
    project: string,
    application: string,
    body: CreateRollout,
    options: StartOptions = {},
  ): Promise<RolloutAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const release = await this.releases.getByNumber(scope, body.release);
    return this.start(caller, scope, body.environment, release, { ...options, strategy: body.strategy });
  }

  /** To the release named, or to the one that stood before the one in force. */
  async rollback(caller: TenantCaller, project: string, application: string, body: Rollback): Promise<RolloutAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const release =
      body.release === undefined
        ? await this.findEarlier(scope, body.environment)
        : await this.releases.getByNumber(scope, body.release);
    if (!release) throw fail('nothing-to-roll-back-to');
    return this.start(caller, scope, body.environment, release, { strategy: rolling });
  }

  async abort(caller: TenantCaller, project: string, application: string, id: string): Promise<RolloutAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const row = await this.load(scope, id);
    await this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM rollouts WHERE id = ${row.id}::uuid FOR UPDATE`;
      const current = await tx.rollout.findUniqueOrThrow({ where: { id: row.id } });
      if (current.state === 'aborted' || current.abortRequestedAt) return;
      if (current.state === 'healthy') throw fail('rollout-over');
      const newer = await tx.rollout.count({
        where: {
          applicationId: current.applicationId,
          environmentId: current.environmentId,
          createdAt: { gt: current.createdAt },
        },
      });
      if (current.state === 'failed' && newer > 0) throw fail('rollout-over');
      await tx.rollout.update({
        where: { id: row.id },
        data: { abortRequestedAt: new Date(), version: { increment: 1 } },
      });
      await this.rollouts.wake(tx, row.id);
      const resource = `rollouts/${row.id}`;
      await this.audit.record(tx, caller, {
        action: 'rollout.abort',
        resource: `${pathOf(scope)}/${resource}`,
        tenant: scope.tenant,
      });
      await this.events.record(tx, {
        ...eventIds(scope),
        type: 'rollout.updated',
        resource: `${eventPathOf(scope)}/${resource}`,
      });
    });
    return toAnswer(await this.load(scope, id));
  }

  /** What an operator asks of a rollout that goes on: a worker does it next. */
  async command(
    caller: TenantCaller,
    project: string,
    application: string,
    id: string,
    command: PendingCommand['command'],
  ): Promise<RolloutAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const row = await this.load(scope, id);
    await this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM rollouts WHERE id = ${row.id}::uuid FOR UPDATE`;
      const current = await tx.rollout.findUniqueOrThrow({ where: { id: row.id } });
      const rollout = readRollout(current);
      if (isFinal(rollout) || rollout.restoring || current.abortRequestedAt) throw fail('rollout-over');
      if (!hasTwoSlots(readStrategy(current.strategy)) || !current.previousReleaseId)
        throw fail('rollout-without-steps');
      const pending = readCommands(current);
      if (pending.at(-1)?.command === command) return;
      const commands = [...pending, { command, by: caller.actor.username }].map((each) => ({ ...each }));
      await tx.rollout.update({ where: { id: row.id }, data: { commands, version: { increment: 1 } } });
      await this.rollouts.wake(tx, row.id);
      const resource = `rollouts/${row.id}`;
      await this.audit.record(tx, caller, {
        action: `rollout.${command}`,
        resource: `${pathOf(scope)}/${resource}`,
        tenant: scope.tenant,
      });
      const event = { type: 'rollout.updated', resource: `${eventPathOf(scope)}/${resource}` };
      await this.events.record(tx, { ...eventIds(scope), ...event });
    });
    return toAnswer(await this.load(scope, id));
  }

  /** The same release once more, in the same way, after one that failed or was aborted. */
  async retry(caller: TenantCaller, project: string, application: string, id: string): Promise<RolloutAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const row = await this.load(scope, id);
    if (row.state !== 'failed' && row.state !== 'aborted') throw fail('rollout-not-over');
    const release = await this.database.read.release.findUniqueOrThrow({ where: { id: row.releaseId } });
    return this.start(caller, scope, row.environment.name, release, { strategy: readStrategy(row.strategy) });
  }

  private async start(
    caller: TenantCaller,
    scope: ApplicationScope,
    environment: string,
    release: ReleaseModel,
    options: StartOptions = {},
  ) {
    const place = await this.scopes.getPlacement(scope, environment);
    this.rollouts.requireReady(place);
    await this.images.require(caller, place, release);
    const row = await this.database.transaction((tx) => this.rollouts.startIn(tx, caller, place, release, options));
    return toAnswer(await this.load(scope, row.id));
  }

  private async findEarlier(scope: ApplicationScope, environment: string): Promise<ReleaseModel | null> {
    const place = await this.scopes.getPlacement(scope, environment);
    const where = { applicationId: scope.application.id, environmentId: place.environment.id };
    const inForce = await this.rollouts.findReleaseInForce(place);
    const before = await this.database.read.rollout.findFirst({
      where: { ...where, state: 'healthy', releaseId: inForce ? { not: inForce.id } : undefined },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    });
    return before ? this.database.read.release.findUnique({ where: { id: before.releaseId } }) : null;
  }

  private async load(scope: ApplicationScope, id: string): Promise<Row> {
    const where = { id, tenantId: scope.tenant.id, applicationId: scope.application.id };
    const row = isId(id) ? await this.database.read.rollout.findFirst({ where, include: withNames }) : null;
    if (!row) throw fail('rollout-not-found');
    return row;
  }
}

function toAnswer(row: Row): RolloutAnswer {
  const number = (id: string | null): number | null =>
    row.application.releases.find((release) => release.id === id)?.number ?? null;
  const rollout = readRollout(row);
  return rolloutSchema.parse({
    id: row.id,
    name: row.id,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
    environment: row.environment.name,
    release: number(row.releaseId),
    previousRelease: number(row.previousReleaseId),
    strategy: row.strategy,
    state: row.state,
    weight: rollout.state === 'healthy' ? 100 : targetOf(rollout).weight / 10,
    held: rollout.held,
    pausedUntil: rollout.pausedUntil,
    steps: row.steps,
    error: row.error,
    operation: row.operationId,
    createdBy: row.createdBy,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  });
}
