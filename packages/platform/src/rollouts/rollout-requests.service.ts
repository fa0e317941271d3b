import { Inject, Injectable } from '@nestjs/common';
import { type ApplicationScope, ApplicationScopes } from '../applications/application-scopes.service.js';
import { hostUrl, previewHostname } from '../domains/hostnames.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, type Prisma, type ReleaseModel, type RolloutModel } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { isId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ReleasesService } from '../releases/releases.service.js';
import { toApprovalStep, waitsForApproval } from './approval.rules.js';
import { stepsOf } from './hooks/hook.rules.js';
import { PlacementImages } from './placement-images.service.js';
import { RolloutGate } from './rollout-gate.service.js';
import { isPromotion, RolloutSteering } from './rollout-steering.service.js';
import { type PendingCommand, readApproval, readCommands, readRollout, readStrategy } from './rollouts.codec.js';
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
import { templateWeightsOf } from './target.rules.js';

const withPlace = { environment: { select: { name: true } } } satisfies Prisma.RolloutInclude;
type Row = Prisma.RolloutGetPayload<{ include: typeof withPlace }>;

/** What callers ask about rollouts. */
@Injectable()
export class RolloutRequests {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly releases: ReleasesService,
    private readonly rollouts: RolloutsService,
    private readonly steering: RolloutSteering,
    private readonly images: PlacementImages,
    private readonly gate: RolloutGate,
    @Inject(CONFIG) private readonly config: Configuration,
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
      include: withPlace,
    });
    const numbers = await this.numbersOf(rows);
    return toPage(
      rows,
      query.limit,
      (row) => [row.createdAt, row.id],
      (row) => toAnswer(row, numbers, this.config),
    );
  }

  async get(caller: TenantCaller, project: string, application: string, id: string): Promise<RolloutAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    return this.answer(scope, id);
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
    const { strategy, overrideFreeze } = body;
    return this.start(caller, scope, body.environment, release, { ...options, strategy, overrideFreeze });
  }

  /** To the release named, or to the one that stood before the one in force. */
  async rollback(caller: TenantCaller, project: string, application: string, body: Rollback): Promise<RolloutAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const release =
      body.release === undefined
        ? await this.findEarlier(scope, body.environment)
        : await this.releases.getByNumber(scope, body.release);
    if (!release) throw fail('nothing-to-roll-back-to');
    const { overrideFreeze } = body;
    return this.start(caller, scope, body.environment, release, {
      strategy: rolling,
      cause: 'rollback',
      overrideFreeze,
    });
  }

  async abort(caller: TenantCaller, project: string, application: string, id: string): Promise<RolloutAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const row = await this.load(scope, id);
    await this.database.transaction(async (tx) => {
      const withdrawn = await this.steering.withdraw(tx, caller, row.id);
      await tx.$queryRaw`SELECT 1 FROM rollouts WHERE id = ${row.id}::uuid FOR UPDATE`;
      const current = await tx.rollout.findUniqueOrThrow({ where: { id: row.id } });
      if (current.state === 'aborted' || current.abortRequestedAt) return;
      if (current.state === 'healthy') throw fail('rollout-over', describeEnd(current));
      const newer = await tx.rollout.count({
        where: {
          applicationId: current.applicationId,
          environmentId: current.environmentId,
          createdAt: { gt: current.createdAt },
        },
      });
      if (current.state === 'failed' && newer > 0) throw fail('rollout-over', describeEnd(current));
      await this.steering.writeAbort(tx, caller, scope, row.id, withdrawn);
    });
    return this.answer(scope, id);
  }

  /** What an operator asks of a rollout that goes on: a worker does it next. */
  async command(
    caller: TenantCaller,
    project: string,
    application: string,
    id: string,
    command: PendingCommand['command'],
    overrideFreeze?: string,
  ): Promise<RolloutAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const row = await this.load(scope, id);
    const place = await this.scopes.getPlacement(scope, row.environment.name);
    await this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM rollouts WHERE id = ${row.id}::uuid FOR UPDATE`;
      const current = await tx.rollout.findUniqueOrThrow({ where: { id: row.id } });
      const rollout = readRollout(current);
      if (isFinal(rollout) || rollout.restoring || current.abortRequestedAt)
        throw fail('rollout-over', describeEnd(current));
      if (!hasTwoSlots(readStrategy(current.strategy)) || !current.previousReleaseId)
        throw fail('rollout-without-steps');
      if (waitsForApproval(readApproval(current))) throw fail('rollout-waits-for-approval');
      // A reason given while no freeze is on is none for those to come.
      const isOverridden =
        isPromotion(command) &&
        current.freezeOverride === null &&
        (await this.gate.requireOverride(tx, caller, place, overrideFreeze));
      if (readCommands(current).at(-1)?.command === command) return;
      const override = isOverridden ? overrideFreeze : undefined;
      await this.steering.writeCommand(tx, caller, scope, current, command, override);
    });
    return this.answer(scope, id);
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
    return this.answer(scope, row.id);
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

  private async answer(scope: ApplicationScope, id: string): Promise<RolloutAnswer> {
    const row = await this.load(scope, id);
    return toAnswer(row, await this.numbersOf([row]), this.config);
  }

  /** Of the releases that the rollouts are about, by their ids. */
  private async numbersOf(rows: readonly Row[]): Promise<ReadonlyMap<string, number>> {
    const ids = new Set(rows.flatMap((row) => [row.releaseId, row.previousReleaseId]).filter((id) => id !== null));
    const releases = await this.database.read.release.findMany({
      where: { id: { in: [...ids] } },
      select: { id: true, number: true },
    });
    return new Map(releases.map(({ id, number }) => [id, number]));
  }

  private async load(scope: ApplicationScope, id: string): Promise<Row> {
    const where = { id, tenantId: scope.tenant.id, applicationId: scope.application.id };
    const row = isId(id) ? await this.database.read.rollout.findFirst({ where, include: withPlace }) : null;
    if (!row) throw fail('rollout-not-found');
    return row;
  }
}

/** Why nothing more can be asked of it. */
function describeEnd({ state, abortRequestedBy, isRestoring }: RolloutModel): string {
  if (state === 'healthy') return 'It is healthy: its release stands.';
  const isGoingBack = isRestoring || (abortRequestedBy !== null && state !== 'aborted');
  const by = abortRequestedBy === null ? '' : ` ${abortRequestedBy} has aborted it.`;
  return isGoingBack ? `It is being taken back.${by}` : `It is ${state}.${by}`;
}

function toAnswer(row: Row, numbers: ReadonlyMap<string, number>, config: Configuration): RolloutAnswer {
  const rollout = readRollout(row);
  const approval = readApproval(row);
  const approvalUrl = `${config.portalUrl}/requests/${approval?.request}`;
  const target = targetOf(rollout);
  return rolloutSchema.parse({
    id: row.id,
    name: row.id,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
    environment: row.environment.name,
    release: numbers.get(row.releaseId) ?? null,
    previousRelease: row.previousReleaseId === null ? null : (numbers.get(row.previousReleaseId) ?? null),
    strategy: row.strategy,
    state: row.state,
    weight: rollout.state === 'healthy' ? 100 : target.weight / 10,
    templateWeights: templateWeightsOf(target),
    held: rollout.held,
    previewUrl:
      target.hasPreview && !isFinal(rollout)
        ? hostUrl(previewHostname({ ...row, appsDomain: config.appsDomain }), config.gatewayPort)
        : null,
    pausedUntil: rollout.pausedUntil,
    steps: approval ? [toApprovalStep(approval, approvalUrl), ...stepsOf(rollout)] : stepsOf(rollout),
    approval: approval && { ...approval, url: approvalUrl },
    freezeOverride: row.freezeOverride,
    error: row.error,
    operation: row.operationId,
    createdBy: row.createdBy,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  });
}
