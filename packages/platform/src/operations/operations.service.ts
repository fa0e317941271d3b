import { Injectable } from '@nestjs/common';
import { Access } from '../kernel/access/access.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type OperationModel, type Prisma, type Reader, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { isId, newId } from '../kernel/ids/ids.js';
import type { Actor, Caller } from '../kernel/tenancy/caller.js';
import { type OperationAnswer, type OperationsQuery, toOperationAnswer } from './operations.dto.js';
import { fail } from './operations.errors.js';
import { isFinal, moveStep, type OperationStep, planSteps, progressOf, type StepState } from './operations.rules.js';

export interface NewOperation {
  /** `feature.verb`, as the job that does it. */
  readonly kind: string;
  /** The path under /api/v1. */
  readonly subject: string;
  readonly tenantId?: string;
  readonly steps: readonly string[];
}

/** Long work that a request began. Features start one with the change, and their jobs move it on. */
@Injectable()
export class OperationsService {
  constructor(
    private readonly database: Database,
    private readonly access: Access,
    private readonly events: EventLog,
    private readonly clock: Clock,
  ) {}

  /** Gives the operation's id, to be answered and put into the job's payload. */
  async start(tx: Transaction, caller: Caller, operation: NewOperation): Promise<string> {
    const id = newId();
    const { kind, subject, tenantId } = operation;
    const steps = toJson(planSteps(operation.steps));
    await tx.operation.create({ data: { id, kind, subject, tenantId, steps, createdBy: caller.actor.username } });
    return id;
  }

  /** Moves one step on; the first makes the operation `running`. Harmless to repeat, and after the end. */
  async step(id: string, name: string, state: StepState, message: string | null = null): Promise<void> {
    await this.change(id, (row) => {
      const steps = moveStep(toSteps(row.steps), name, state, this.clock.now(), message);
      return { state: 'running', steps: toJson(steps), progress: progressOf(steps) };
    });
  }

  /** The same of several at once. */
  async steps(id: string, moves: readonly Pick<OperationStep, 'name' | 'state' | 'message'>[]): Promise<void> {
    await this.change(id, (row) => {
      const now = this.clock.now();
      const steps = moves.reduce(
        (moved, { name, state, message }) => moveStep(moved, name, state, now, message),
        toSteps(row.steps),
      );
      return { state: 'running', steps: toJson(steps), progress: progressOf(steps) };
    });
  }

  async succeed(id: string, result: object = {}): Promise<void> {
    await this.change(id, () => ({ state: 'succeeded', progress: 100, result: toJson(result) }));
  }

  /** Also ends the step that was running. `message` is for the user's eyes. */
  async fail(id: string, error: { code: string; message: string }): Promise<void> {
    await this.change(id, (row) => {
      const steps = toSteps(row.steps);
      const running = steps.find((step) => step.state === 'running');
      const ended = running ? moveStep(steps, running.name, 'failed', this.clock.now(), error.message) : steps;
      return { state: 'failed', error: toJson(error), steps: toJson(ended) };
    });
  }

  /** For features whose work can be stopped: marks the operation as cancelled in the feature's own transaction. */
  async markCancelled(tx: Transaction, id: string): Promise<void> {
    await this.changeIn(tx, id, () => ({ state: 'cancelled' }));
  }

  /** Has it ended, in whatever way? True also of one that is not there. */
  async isOver(id: string): Promise<boolean> {
    const row = await this.database.read.operation.findUnique({ where: { id }, select: { state: true } });
    return row === null || isFinal(row.state);
  }

  async isCancelled(id: string): Promise<boolean> {
    const row = await this.database.read.operation.findUnique({ where: { id }, select: { state: true } });
    return row?.state === 'cancelled';
  }

  async get(actor: Actor, id: string): Promise<OperationAnswer> {
    return toOperationAnswer(await this.load(actor, id));
  }

  /** The newest of the platform's own operations of a kind, for who may see that feature. */
  async findNewest(kind: string): Promise<OperationAnswer | undefined> {
    const where = { kind, tenantId: null };
    const row = await this.database.read.operation.findFirst({ where, orderBy: { createdAt: 'desc' } });
    return row ? toOperationAnswer(row) : undefined;
  }

  /** A tenant's operations, or all that the actor may see. Newest first. */
  async list(actor: Actor, query: OperationsQuery): Promise<Page<OperationAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.OperationWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const scope = query.tenant ? await this.access.getTenantScope(actor, query.tenant) : undefined;
    if (scope) this.access.requireSomewhere(actor, scope, 'operations:read');
    const rows = await this.database.read.operation.findMany({
      where: {
        AND: [where, scope ? { tenantId: scope.id } : {}, await this.visibleTo(actor)],
        state: query.state,
        subject: matching(query),
      },
      orderBy,
      take,
    });
    return toPage(rows, query.limit, (row) => [row.createdAt, row.id], toOperationAnswer);
  }

  /** Only what has not begun can be cancelled here; features cancel the rest by routes of their own. */
  async cancel(caller: Caller, id: string): Promise<OperationAnswer> {
    const row = await this.load(caller.actor, id);
    if (row.tenantId) {
      const { scope, projectId } = await this.placeOf(caller.actor, row);
      if (scope) this.access.require(caller.actor, scope, 'operations:write', projectId);
    }
    if (row.state === 'cancelled') return toOperationAnswer(row);
    if (row.state !== 'pending') throw fail('operation-not-cancellable');
    await this.database.transaction((tx) => this.markCancelled(tx, id));
    return this.get(caller.actor, id);
  }

  private async load(actor: Actor, id: string): Promise<OperationModel> {
    const row = isId(id) ? await this.database.read.operation.findUnique({ where: { id } }) : null;
    if (!row) throw fail('operation-not-found');
    if (actor.isAdmin) return row;
    const { scope, projectId } = await this.placeOf(actor, row);
    if (scope && isAllowed(actor, scope, 'operations:read', projectId)) return row;
    if (!scope && (await this.access.isAllowedOnPlatform(actor, 'operations:read'))) return row;
    throw fail('operation-not-found');
  }

  /** The tenant as the actor may see it, and the project when the operation works on one that the actor has a role in. */
  private async placeOf(actor: Actor, row: OperationModel) {
    const scope = row.tenantId ? await this.access.findTenantScope(actor, row.tenantId) : undefined;
    const [, project] = /^tenants\/[^/]+\/projects\/([^/]+)/.exec(row.subject) ?? [];
    return { scope, projectId: project === undefined ? undefined : scope?.projectIds.get(project) };
  }

  private async listProjectPaths(ids: readonly string[]): Promise<{ tenantId: string; path: string }[]> {
    if (ids.length === 0) return [];
    const rows = await this.database.read.project.findMany({
      where: { id: { in: [...ids] } },
      select: { tenantId: true, name: true, tenant: { select: { name: true } } },
    });
    return rows.map(({ tenantId, name, tenant }) => ({ tenantId, path: `tenants/${tenant.name}/projects/${name}` }));
  }

  private async visibleTo(actor: Actor): Promise<Prisma.OperationWhereInput> {
    const reach = await this.access.reach(actor, 'operations:read');
    if (reach === 'everywhere') return {};
    const paths = await this.listProjectPaths(reach.projects);
    return { OR: [{ tenantId: { in: [...reach.tenants] } }, ...paths.flatMap(underPath)] };
  }

  private async change(id: string, decide: (row: OperationModel) => Prisma.OperationUpdateInput): Promise<void> {
    await this.database.transaction((tx) => this.changeIn(tx, id, decide));
  }

  private async changeIn(tx: Transaction, id: string, decide: (row: OperationModel) => Prisma.OperationUpdateInput) {
    const row = await lock(tx, id);
    if (!row || isFinal(row.state)) return;
    const changed = await tx.operation.update({ where: { id }, data: { ...decide(row), version: { increment: 1 } } });
    if (!row.tenantId) return;
    const data = { id, kind: row.kind, state: changed.state, progress: changed.progress };
    await this.events.record(tx, {
      tenantId: row.tenantId,
      type: 'operation.updated',
      resource: `operations/${id}`,
      data,
    });
  }
}

const underPath = ({ tenantId, path }: { tenantId: string; path: string }): Prisma.OperationWhereInput[] => [
  { tenantId, subject: path },
  { tenantId, subject: { startsWith: `${path}/` } },
];

async function lock(tx: Reader, id: string): Promise<OperationModel | null> {
  await tx.$queryRaw`SELECT 1 FROM operations WHERE id = ${id}::uuid FOR UPDATE`;
  return tx.operation.findUnique({ where: { id } });
}

function matching(query: OperationsQuery): Prisma.StringFilter | undefined {
  return query.q ? { contains: query.q, mode: 'insensitive' } : undefined;
}

function toSteps(value: unknown): OperationStep[] {
  return Array.isArray(value) ? (value as OperationStep[]) : [];
}

function toJson(value: object): Prisma.InputJsonObject {
  return JSON.parse(JSON.stringify(value)) as Prisma.InputJsonObject;
}
