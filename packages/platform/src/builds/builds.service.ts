import { Injectable } from '@nestjs/common';
import {
  type ApplicationScope,
  ApplicationScopes,
  eventIds,
  eventPathOf,
  pathOf,
  readSource,
  toColumn,
} from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { type BuildModel, Database, type Prisma, type Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { Outgoing } from '../kernel/http/outgoing.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import { OperationsService } from '../operations/operations.service.js';
import { BuildMinutes } from './build-minutes.service.js';
import { type BuildAnswer, type BuildQuery, buildSchema, type CreateBuild } from './builds.dto.js';
import { fail } from './builds.errors.js';
import { runBuild } from './builds.job-definitions.js';
import { type BuildState, isFinalBuild } from './builds.rules.js';

/** `own`: our git door, whose address differs inside the cluster. */
export type StoredSource =
  | { readonly type: 'upload'; readonly upload: string }
  | { readonly type: 'git'; readonly url: string; readonly ref: string; readonly own: boolean };

@Injectable()
export class BuildsService {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly audit: AuditService,
    private readonly events: EventLog,
    private readonly operations: OperationsService,
    private readonly outbox: Outbox,
    private readonly minutes: BuildMinutes,
    private readonly outgoing: Outgoing,
  ) {}

  async list(
    caller: TenantCaller,
    project: string,
    application: string,
    query: BuildQuery,
  ): Promise<Page<BuildAnswer>> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const { where, orderBy, take } = keyset<Prisma.BuildWhereInput>(query, 'number', {
      direction: 'desc',
      type: 'number',
    });
    const rows = await this.database.read.build.findMany({
      where: { AND: [where], tenantId: caller.tenant.id, applicationId: scope.application.id, state: query.state },
      orderBy,
      take,
    });
    const answers = await this.toAnswers(rows);
    return toPage(
      rows,
      query.limit,
      (row) => [row.number, row.id],
      (row) => answers(row),
    );
  }

  async get(caller: TenantCaller, project: string, application: string, number: string): Promise<BuildAnswer> {
    const { row } = await this.getRow(caller, project, application, number);
    return (await this.toAnswers([row]))(row);
  }

  async getRow(caller: TenantCaller, project: string, application: string, number: string) {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const wanted = /^\d{1,9}$/.test(number) ? Number(number) : 0;
    const row = await this.database.read.build.findFirst({
      where: { tenantId: caller.tenant.id, applicationId: scope.application.id, number: wanted },
    });
    if (!row) throw fail('build-not-found');
    return { scope, row };
  }

  async isOver(id: string): Promise<boolean> {
    const row = await this.database.read.build.findUnique({ where: { id }, select: { state: true } });
    return !row || isFinalBuild(row.state as BuildState);
  }

  async create(caller: TenantCaller, project: string, application: string, body: CreateBuild): Promise<BuildAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const source = await this.chooseSource(scope, body);
    // What its name leads to may have changed since; the network's policy for build pods is what holds while it runs.
    if (source.type === 'git' && !source.own) await this.outgoing.refuseForbidden(source.url);
    const row = await this.start(caller, scope, source, body.deploy?.environment);
    return (await this.toAnswers([row]))(row);
  }

  /** Also the way of a git push. */
  async start(
    caller: Caller,
    scope: ApplicationScope,
    source: StoredSource,
    environment: string | undefined,
  ): Promise<BuildModel> {
    const environmentId =
      environment === undefined ? null : (await this.scopes.getPlacement(scope, environment)).environment.id;
    return this.database.transaction(async (tx) => {
      const number = await this.scopes.nextNumber(tx, scope.application.id, 'buildCount');
      const id = newId();
      const resource = `builds/${number}`;
      const operation = {
        kind: runBuild.name,
        subject: `${pathOf(scope)}/${resource}`,
        tenantId: scope.tenant.id,
        steps: ['queue', 'build', 'release'],
      };
      const operationId = await this.operations.start(tx, caller, operation);
      const row = await tx.build.create({
        data: {
          id,
          tenantId: scope.tenant.id,
          applicationId: scope.application.id,
          number,
          source: toColumn(source),
          environmentId,
          operationId,
          createdBy: caller.actor.username,
        },
      });
      await this.minutes.reserve(tx, scope, id);
      await this.outbox.enqueue(tx, runBuild, { buildId: id }, { tenantId: scope.tenant.id });
      const after = { source, deploy: environment ?? null };
      await this.audit.record(tx, caller, {
        action: 'build.create',
        resource: `${pathOf(scope)}/${resource}`,
        tenant: scope.tenant,
        after,
      });
      await this.tell(tx, scope, row, 'created');
      return row;
    });
  }

  async cancel(caller: TenantCaller, project: string, application: string, number: string): Promise<BuildAnswer> {
    const { scope, row } = await this.getRow(caller, project, application, number);
    await this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM builds WHERE id = ${row.id}::uuid FOR UPDATE`;
      const current = await tx.build.findUniqueOrThrow({ where: { id: row.id } });
      if (current.state === 'cancelled' || current.cancelRequestedAt) return;
      if (isFinalBuild(current.state as BuildState)) throw fail('build-over');
      await tx.build.update({
        where: { id: row.id },
        data: { cancelRequestedAt: new Date(), version: { increment: 1 } },
      });
      await this.outbox.enqueue(tx, runBuild, { buildId: row.id });
      await this.audit.record(tx, caller, {
        action: 'build.cancel',
        resource: `${pathOf(scope)}/builds/${row.number}`,
        tenant: scope.tenant,
      });
      await this.tell(tx, scope, current, 'updated');
    });
    return this.get(caller, project, application, number);
  }

  private async tell(tx: Transaction, scope: ApplicationScope, row: BuildModel, verb: string): Promise<void> {
    const resource = `${eventPathOf(scope)}/builds/${row.number}`;
    await this.events.record(tx, { ...eventIds(scope), type: `build.${verb}`, resource, data: { state: row.state } });
  }

  private async chooseSource(scope: ApplicationScope, body: CreateBuild): Promise<StoredSource> {
    const own = readSource(scope.application.source);
    const wanted = body.source;
    if (wanted?.type === 'upload' || (!wanted && own.type === 'archive')) {
      const where = { applicationId: scope.application.id, id: wanted?.type === 'upload' ? wanted.upload : undefined };
      const upload = await this.database.read.upload.findFirst({ where, orderBy: { createdAt: 'desc' } });
      if (!upload) throw fail(wanted ? 'upload-unknown' : 'build-needs-source');
      return { type: 'upload', upload: upload.id };
    }
    const ref = wanted?.type === 'git' ? wanted.ref : undefined;
    if (own.type === 'git') return { type: 'git', url: own.url, ref: ref ?? own.ref ?? 'HEAD', own: false };
    if (own.type === 'push' || wanted)
      return { type: 'git', url: `/git/${pathInGit(scope)}`, ref: ref ?? 'HEAD', own: true };
    throw fail('build-needs-source');
  }

  private async toAnswers(rows: readonly BuildModel[]): Promise<(row: BuildModel) => BuildAnswer> {
    const ids = (pick: (row: BuildModel) => string | null) => ({ in: rows.map(pick).filter((id) => id !== null) });
    const [releases, environments] = await Promise.all([
      this.database.read.release.findMany({
        where: { id: ids((row) => row.releaseId) },
        select: { id: true, number: true },
      }),
      this.database.read.environment.findMany({
        where: { id: ids((row) => row.environmentId) },
        select: { id: true, name: true },
      }),
    ]);
    return (row) =>
      buildSchema.parse({
        ...row,
        name: String(row.number),
        createdAt: row.createdAt.toISOString(),
        updatedAt: row.updatedAt.toISOString(),
        startedAt: row.startedAt?.toISOString() ?? null,
        finishedAt: row.finishedAt?.toISOString() ?? null,
        release: releases.find((release) => release.id === row.releaseId)?.number ?? null,
        rollout: row.rolloutId,
        environment: environments.find((environment) => environment.id === row.environmentId)?.name ?? null,
        operation: row.operationId,
      });
  }
}

export const pathInGit = (scope: ApplicationScope): string =>
  `${scope.tenant.name}/${scope.project.name}/${scope.application.name}.git`;
