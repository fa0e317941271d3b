import { Injectable } from '@nestjs/common';
import { type ApplicationScope, ApplicationScopes } from '../applications/application-scopes.service.js';
import { Access } from '../kernel/access/access.js';
import { Database, type EnvironmentModel, type ReleaseModel } from '../kernel/database/index.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { readContent } from '../releases/release-content.service.js';
import { diffReleases, ReleasesService } from '../releases/releases.service.js';
import { describeFreeze, RolloutGate } from '../rollouts/rollout-gate.service.js';
import { RolloutRequests } from '../rollouts/rollout-requests.service.js';
import type { PromoteRelease, PromotionPlan, PromotionPlanQuery } from './promotions.dto.js';
import { fail } from './promotions.errors.js';
import { concernsEnvironment } from './promotions.rules.js';

/** From one environment to the next goes the same release, by its hash; configuration and domains stay each environment's. */
@Injectable()
export class PromotionsService {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly releases: ReleasesService,
    private readonly rollouts: RolloutRequests,
    private readonly gate: RolloutGate,
    private readonly access: Access,
  ) {}

  async promote(caller: TenantCaller, project: string, application: string, to: string, body: PromoteRelease) {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const { source, target, release } = await this.find(scope, to, body);
    if (!(await this.isHealthy(source, release))) {
      const detail = `Release ${release.number} is not healthy in ${source.name}.`;
      if (!body.force) throw fail('promotion-not-healthy', detail);
      this.access.require(caller.actor, caller.tenant, 'rollouts:force', scope.project.id);
    }
    const wanted = { environment: target.name, release: release.number, overrideFreeze: body.overrideFreeze };
    return this.rollouts.create(caller, project, application, wanted, { promotedFrom: source.name });
  }

  async plan(
    caller: TenantCaller,
    project: string,
    application: string,
    to: string,
    query: PromotionPlanQuery,
  ): Promise<PromotionPlan> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const { source, target, release } = await this.find(scope, to, query);
    const key = { applicationId_environmentId: { applicationId: scope.application.id, environmentId: target.id } };
    const placement = await this.database.read.placement.findUnique({ where: key, include: { release: true } });
    const current = placement?.release ?? null;
    const changes = current ? diffReleases(readContent(current.content), readContent(release.content)) : [];
    const place = { ...scope, environment: target };
    const freeze = await this.gate.findFreeze(this.database.read, place);
    return {
      from: source.name,
      to: target.name,
      release: release.number,
      hash: release.hash,
      current: current?.number ?? null,
      changes: changes.filter(({ path }) => concernsEnvironment(path, target.name)),
      healthy: await this.isHealthy(source, release),
      freeze: freeze ? describeFreeze(freeze) : null,
      approvalNeeded: await this.gate.needsApproval(this.database.read, place, release),
    };
  }

  /** The release that runs in an environment, to be promoted from there. */
  async findPromotable(scope: ApplicationScope, from: string) {
    const where = { projectId: scope.project.id, name: from };
    const source = await this.database.read.environment.findFirst({ where });
    const release = source && (await this.findInForce(scope, source));
    return source && release ? { release, isHealthy: await this.isHealthy(source, release) } : undefined;
  }

  private async find(
    scope: ApplicationScope,
    to: string,
    { from, release: number }: { from: string; release?: number },
  ) {
    const [source, target] = await Promise.all([
      this.scopes.getEnvironment(scope, from),
      this.scopes.getEnvironment(scope, to),
    ]);
    if (source.id === target.id) throw fail('promotion-to-itself');
    const release =
      number === undefined ? await this.findInForce(scope, source) : await this.releases.getByNumber(scope, number);
    if (!release)
      throw fail('promotion-without-release', `No release of ${scope.application.name} runs in ${source.name}.`);
    return { source, target, release };
  }

  private async findInForce(scope: ApplicationScope, { id }: EnvironmentModel): Promise<ReleaseModel | null> {
    const key = { applicationId_environmentId: { applicationId: scope.application.id, environmentId: id } };
    const placement = await this.database.read.placement.findUnique({ where: key, include: { release: true } });
    return placement?.release ?? null;
  }

  /** Its last rollout there went well. */
  private async isHealthy({ id }: EnvironmentModel, release: ReleaseModel): Promise<boolean> {
    const last = await this.database.read.rollout.findFirst({
      where: { environmentId: id, applicationId: release.applicationId, releaseId: release.id },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      select: { state: true },
    });
    return last?.state === 'healthy';
  }
}
