import { Injectable } from '@nestjs/common';
import {
  ApplicationScopes,
  type PlacementScope,
  type ReleaseInput,
  readSlot,
  resolveProcesses,
} from '../applications/application-scopes.service.js';
import { loadDomains, type RoutedDomains } from '../domains/hostnames.service.js';
import { Database, type ReleaseModel } from '../kernel/database/index.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { processesOf } from '../releases/release-content.service.js';
import { ReleasesService } from '../releases/releases.service.js';
import { PlacementImages } from './placement-images.service.js';
import { PlacementQuota } from './placement-quota.service.js';
import { loadReleaseInput } from './release-input.js';
import { RolloutGate } from './rollout-gate.service.js';
import { diffObjects, slotAfter, standingObjects, timeSteps } from './rollout-plan.rules.js';
import { type PlanRollout, type RolloutPlan, rolloutPlanSchema } from './rollout-plans.dto.js';
import { readStrategy } from './rollouts.codec.js';
import type { Strategy } from './strategy.rules.js';
import { warnOfStrategy } from './strategy-warnings.rules.js';

/** Says what a rollout would do, and does none of it. */
@Injectable()
export class RolloutPlans {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly releases: ReleasesService,
    private readonly images: PlacementImages,
    private readonly quota: PlacementQuota,
    private readonly gate: RolloutGate,
  ) {}

  async plan(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
    body: PlanRollout,
  ): Promise<RolloutPlan> {
    const found = await this.scopes.getApplication(caller.tenant, project, application);
    const scope = await this.scopes.getPlacement(found, environment);
    const isMade = body.release !== undefined;
    const next =
      body.release === undefined
        ? await this.releases.draft(caller, scope, body)
        : await this.releases.getByNumber(scope, body.release);
    const { releaseId } = scope.placement;
    const previous = releaseId ? await this.database.read.release.findUnique({ where: { id: releaseId } }) : null;
    const strategy = body.strategy ?? readStrategy(scope.placement.strategy);
    const domains = await loadDomains(this.database.read, scope.placement.id, scope.application.name);
    const { hostnames } = domains;
    const quota = await this.quota.preview(scope, next, strategy);
    const verdicts = await this.images.judge(scope, next);
    return rolloutPlanSchema.parse({
      release: isMade ? next.number : null,
      previousRelease: previous?.number ?? null,
      image: next.image,
      changes: this.releases.diffContents(previous, next),
      objects: await this.diff(scope, { previous, next, strategy, domains }),
      routes: hostnames,
      quota,
      policies: verdicts,
      consent: await this.consent(caller, scope, next),
      strategy,
      steps: timeSteps(strategy, processNamesOf(next), previous !== null),
      warnings: warnOfStrategy(strategy),
      isRefused: !quota.hasRoom || verdicts.some(({ mode }) => mode === 'enforce'),
    });
  }

  private async diff(scope: PlacementScope, { previous, next, strategy, domains }: Compared) {
    const stable = readSlot(scope.placement);
    const { hostnames, secured } = domains;
    const standing = { hostnames, secured: { port: anyPort, hosts: secured } };
    const after = standingObjects(await this.input(scope, next), {
      stable: slotAfter(strategy, stable, previous !== null),
      ...standing,
    });
    return diffObjects(
      previous ? standingObjects(await this.input(scope, previous), { stable, ...standing }) : [],
      after,
    );
  }

  private async consent(caller: TenantCaller, scope: PlacementScope, release: ReleaseModel) {
    return this.database.transaction(async (tx) => {
      const freeze = await this.gate.findFreeze(tx, scope);
      if (freeze) return { freeze: freeze.name, isNeeded: true };
      const { ask } = await this.gate.examine(tx, caller, scope, release, { cause: 'deploy' });
      return { freeze: null, isNeeded: ask !== null };
    });
  }

  /** As it is applied, but for the values of secrets. */
  private input(scope: PlacementScope, release: ReleaseModel): Promise<ReleaseInput> {
    return loadReleaseInput(this.database.read, scope, release, ({ versions }) =>
      Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, `version ${version}`])),
    );
  }
}

interface Compared {
  readonly previous: ReleaseModel | null;
  readonly next: ReleaseModel;
  readonly strategy: Strategy;
  readonly domains: RoutedDomains;
}

/** On both sides of the comparison. */
const anyPort = 443;

const processNamesOf = (release: ReleaseModel): readonly string[] =>
  resolveProcesses(processesOf(release)).map(({ name }) => name);
