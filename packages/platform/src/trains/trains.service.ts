import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { EnvironmentsService } from '../environments/environments.service.js';
import { Access } from '../kernel/access/access.js';
import {
  Database,
  isUniqueViolation,
  type Prisma,
  type ProjectModel,
  type Transaction,
} from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { isId, newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ProjectsService } from '../projects/projects.service.js';
import type { FreezeConsent } from '../rollouts/rollout-steering.service.js';
import { TrainCars } from './train-cars.service.js';
import { readCars, readCommands, readTrain, type StoredCar, toJson } from './trains.codec.js';
import { type CreateTrain, type TrainAnswer, type TrainRow, type TrainsQuery, toTrainAnswer } from './trains.dto.js';
import { fail } from './trains.errors.js';
import { advanceTrain } from './trains.job-definitions.js';
import { isOver, type TrainCommand } from './trains.rules.js';

type Project = Pick<ProjectModel, 'id' | 'name'>;

const withEnvironment = { environment: true } satisfies Prisma.TrainInclude;

/** What callers ask about trains; a worker does it. */
@Injectable()
export class TrainsService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectsService,
    private readonly environments: EnvironmentsService,
    private readonly cars: TrainCars,
    private readonly access: Access,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly outbox: Outbox,
  ) {}

  /** The newest first. */
  async list(caller: TenantCaller, project: string, query: TrainsQuery): Promise<Page<TrainAnswer>> {
    const { id: projectId } = await this.projects.getRow(caller, project);
    const { where, orderBy, take } = keyset<Prisma.TrainWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const rows = await this.database.read.train.findMany({
      where: {
        AND: [where],
        tenantId: caller.tenant.id,
        projectId,
        name: query.q ? { contains: query.q } : undefined,
        state: query.state,
        environment: query.environment ? { name: query.environment } : undefined,
      },
      orderBy,
      take,
      include: withEnvironment,
    });
    return toPage(rows, query.limit, (row) => [row.createdAt, row.id], toTrainAnswer);
  }

  async get(caller: TenantCaller, project: string, train: string): Promise<TrainAnswer> {
    const { id } = await this.projects.getRow(caller, project);
    return toTrainAnswer(await find(this.database.read, caller, id, train));
  }

  async create(caller: TenantCaller, project: string, body: CreateTrain): Promise<TrainAnswer> {
    const owner = await this.projects.getRow(caller, project);
    const environment = await this.environments.getRow(caller, project, body.environment);
    if (body.onFailure === 'revert') this.access.require(caller.actor, caller.tenant, 'rollouts:rollback', owner.id);
    const cars = await this.cars.make(caller, project, { ...body, environment: environment.name });
    const freezeConsent = await this.consentTo(caller, owner.id, body.overrideFreeze);
    const ids = { tenantId: caller.tenant.id, projectId: owner.id, environmentId: environment.id };
    const create = this.database.transaction(async (tx) => {
      // Trains of one environment are created one after the other.
      await tx.$queryRaw`SELECT 1 FROM environments WHERE id = ${environment.id}::uuid FOR UPDATE`;
      await requireAlone(tx, environment.id, cars);
      const { name, gate, onFailure, lane } = body;
      const createdBy = caller.actor.username;
      const data = { id: newId(), ...ids, name, gate, onFailure, cars: toJson(cars), createdBy };
      const row = await tx.train.create({
        data: { ...data, freezeConsent, ...(lane ? { lane: toJson(lane) } : {}) },
        include: withEnvironment,
      });
      await this.outbox.enqueue(tx, advanceTrain, { trainId: row.id });
      await this.note(tx, caller, owner, row, 'create', body);
      return toTrainAnswer(row);
    });
    return create.catch((error: unknown) => {
      throw isUniqueViolation(error) ? fail('train-exists') : error;
    });
  }

  /** A worker does it next. */
  async command(caller: TenantCaller, project: string, train: string, command: TrainCommand): Promise<TrainAnswer> {
    const owner = await this.projects.getRow(caller, project);
    const { id } = await find(this.database.read, caller, owner.id, train);
    return this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM trains WHERE id = ${id}::uuid FOR UPDATE`;
      const row = await find(tx, caller, owner.id, id);
      requireVersion(caller, row);
      const { stopping, ...current } = readTrain(row);
      if (isOver(current)) throw fail('train-over', `It is ${row.state}.`);
      if (stopping !== null && command !== 'abort') throw fail('train-over', row.reason ?? undefined);
      if (command === 'promote' && row.state !== 'paused') throw fail('train-not-waiting');
      const pending = readCommands(row);
      if (pending.at(-1)?.command === command) return toTrainAnswer(row);
      const commands = toJson([...pending, { command, by: caller.actor.username }]);
      const data = { commands, version: { increment: 1 } };
      const changed = await tx.train.update({ where: { id }, data, include: withEnvironment });
      await this.outbox.enqueue(tx, advanceTrain, { trainId: id });
      await this.note(tx, caller, owner, changed, command);
      return toTrainAnswer(changed);
    });
  }

  /** What a freeze is overridden with when a car meets one; nobody is asked then. */
  private async consentTo(caller: TenantCaller, projectId: string, reason: string | undefined) {
    if (reason === undefined) return undefined;
    const permission = 'releases:override-freeze';
    const isOfPlatform = await this.access.isAllowedOnPlatform(caller.actor, permission);
    if (!isOfPlatform) this.access.require(caller.actor, caller.tenant, permission, projectId);
    return toJson({ reason, isOfPlatform } satisfies FreezeConsent);
  }

  private async note(
    tx: Transaction,
    caller: TenantCaller,
    project: Project,
    { name }: TrainRow,
    verb: 'create' | TrainCommand,
    after?: object,
  ): Promise<void> {
    const { tenant } = caller;
    const resource = `projects/${project.name}/trains/${name}`;
    await this.audit.record(tx, caller, {
      action: `train.${verb}`,
      resource: `tenants/${tenant.name}/${resource}`,
      tenant,
      after,
    });
    const type = verb === 'create' ? 'train.created' : 'train.updated';
    await this.events.record(tx, { tenantId: tenant.id, projectId: project.id, type, resource });
  }
}

/** Throws 409 where another train that is not over has one of the applications there. */
async function requireAlone(tx: Transaction, environmentId: string, cars: readonly StoredCar[]): Promise<void> {
  const others = await tx.train.findMany({ where: { environmentId, state: { in: ['progressing', 'paused'] } } });
  const mine = new Set(cars.map(({ applicationId }) => applicationId));
  for (const other of others) {
    const shared = readCars(other).find(({ applicationId }) => mine.has(applicationId));
    if (shared) throw fail('train-underway', `Train ${other.name} releases ${shared.application} there.`);
  }
}

async function find(
  reader: Pick<Transaction, 'train'>,
  { tenant }: TenantCaller,
  projectId: string,
  train: string,
): Promise<TrainRow> {
  const key = isId(train) ? { id: train } : { name: train };
  const row = await reader.train.findFirst({
    where: { ...key, tenantId: tenant.id, projectId },
    include: withEnvironment,
  });
  if (!row) throw fail('train-not-found');
  return row;
}
