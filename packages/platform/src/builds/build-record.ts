import { Injectable } from '@nestjs/common';
import {
  type ApplicationScope,
  ApplicationScopes,
  eventIds,
  eventPathOf,
} from '../applications/application-scopes.service.js';
import { type BuildModel, Database, type Prisma, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { OperationsService } from '../operations/operations.service.js';
import { ReleasesService } from '../releases/releases.service.js';
import { RolloutsService } from '../rollouts/rollouts.service.js';
import { BuildMinutes } from './build-minutes.service.js';
import { BuildTokens } from './build-tokens.service.js';

const open = { in: ['queued', 'running'] };

/** Writes down where a build stands. What is over is never changed again. */
@Injectable()
export class BuildRecord {
  private readonly tokens: BuildTokens;

  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly releases: ReleasesService,
    private readonly rollouts: RolloutsService,
    private readonly events: EventLog,
    private readonly operations: OperationsService,
    private readonly minutes: BuildMinutes,
  ) {
    this.tokens = new BuildTokens(database);
  }

  findOpen(id: string): Promise<BuildModel | null> {
    return this.database.read.build.findFirst({ where: { id, state: open } });
  }

  /** A new token; the one before, of a pod that was never made, ends. */
  async issueToken(row: BuildModel): Promise<string> {
    const { token, hash } = this.tokens.create();
    await this.database.read.build.updateMany({ where: { id: row.id, state: open }, data: { tokenHash: hash } });
    return token;
  }

  /** When it began to run; the first call decides. */
  async start(row: BuildModel): Promise<Date> {
    if (row.startedAt) return row.startedAt;
    const startedAt = new Date();
    await this.change(row, { state: 'running', startedAt });
    await this.step(row, 'queue', 'succeeded');
    await this.step(row, 'build', 'running');
    return startedAt;
  }

  async fail(row: BuildModel, error: string): Promise<void> {
    await this.change(row, { state: 'failed', error, finishedAt: new Date(), tokenHash: null });
    if (row.operationId) await this.operations.fail(row.operationId, { code: 'build-failed', message: error });
  }

  async cancel(row: BuildModel): Promise<void> {
    await this.change(row, { state: 'cancelled', finishedAt: new Date(), tokenHash: null });
    const { operationId } = row;
    if (operationId) await this.database.transaction((tx) => this.operations.markCancelled(tx, operationId));
  }

  /** Makes the release and, if asked, starts its rollout, in one transaction with the end of the build. Gives the release's number. */
  async succeed(row: BuildModel, scope: ApplicationScope, image: string): Promise<number> {
    await this.step(row, 'build', 'succeeded');
    await this.step(row, 'release', 'running');
    // In the name of whoever asked for the build.
    const caller: Caller = {
      actor: { kind: 'system', id: null, username: row.createdBy, isAdmin: true },
      requestId: row.id,
      source: null,
    };
    const environment = row.environmentId
      ? await this.database.read.environment.findUnique({ where: { id: row.environmentId } })
      : null;
    const place = environment ? await this.scopes.getPlacement(scope, environment.id) : undefined;
    const { number, rolloutId } = await this.database.transaction(async (tx) => {
      const release = await this.releases.createIn(tx, caller, scope, {
        image,
        buildNumber: row.number,
        description: `Build ${row.number}`,
      });
      const rollout = place
        ? await this.rollouts.startIn(tx, caller, place, release, { whenFull: 'queue' })
        : undefined;
      const data = {
        state: 'succeeded',
        image,
        releaseId: release.id,
        rolloutId: rollout?.id,
        finishedAt: new Date(),
        tokenHash: null,
      };
      const { count } = await tx.build.updateMany({
        where: { id: row.id, state: open },
        data: { ...data, version: { increment: 1 } },
      });
      if (count === 0) throw new Error('The build is over already.');
      await this.minutes.settle(tx, scope, row.id);
      await this.tell(tx, scope, row, 'succeeded');
      return { number: release.number, rolloutId: rollout?.id ?? null };
    });
    await this.step(row, 'release', 'succeeded');
    if (row.operationId)
      await this.operations.succeed(row.operationId, { build: row.number, release: number, rollout: rolloutId });
    return number;
  }

  private async change(row: BuildModel, data: Prisma.BuildUpdateManyMutationInput): Promise<void> {
    const scope = await this.scopes.findById(row.applicationId);
    await this.database.transaction(async (tx) => {
      const { count } = await tx.build.updateMany({
        where: { id: row.id, state: open },
        data: { ...data, version: { increment: 1 } },
      });
      if (count === 0 || !scope) return;
      if (data.finishedAt) await this.minutes.settle(tx, scope, row.id);
      await this.tell(tx, scope, row, String(data.state));
    });
  }

  private async step(row: BuildModel, name: string, state: 'running' | 'succeeded'): Promise<void> {
    if (row.operationId) await this.operations.step(row.operationId, name, state);
  }

  private async tell(tx: Transaction, scope: ApplicationScope, row: BuildModel, state: string): Promise<void> {
    const resource = `${eventPathOf(scope)}/builds/${row.number}`;
    await this.events.record(tx, { ...eventIds(scope), type: 'build.updated', resource, data: { state } });
  }
}
