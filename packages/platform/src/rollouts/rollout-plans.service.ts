import { Injectable } from '@nestjs/common';
import {
  ApplicationScopes,
  type PlacementScope,
  readSlot,
  resolveProcesses,
  type Slot,
} from '../applications/application-scopes.service.js';
import { loadDomains, type RoutedDomains } from '../domains/hostnames.service.js';
import { Database, type Reader, type ReleaseModel, type Transaction } from '../kernel/database/index.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { processesOf } from '../releases/release-content.service.js';
import { ReleasesService } from '../releases/releases.service.js';
import { PlacementImages } from './placement-images.service.js';
import { PlacementQuota } from './placement-quota.service.js';
import { loadReleaseInput } from './release-input.js';
import { type Cause, RolloutGate } from './rollout-gate.service.js';
import { diffObjects, slotAfter, standingObjects, timeSteps } from './rollout-plan.rules.js';
import { type PlanRollout, type RolloutPlan, rolloutPlanSchema } from './rollout-plans.dto.js';
import { readStrategy } from './rollouts.codec.js';
import type { Strategy } from './strategy.rules.js';
import { warnOfStrategy } from './strategy-warnings.rules.js';

export { changePlan, dryRunField, type RolloutPlan, rolloutPlanSchema } from './rollout-plans.dto.js';

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
    return this.database.rehearse(async (tx) => {
      const domains = await domainsOf(tx, scope);
      const planned = { next, strategy: body.strategy, cause: 'deploy' } as const;
      const plan = await this.look(tx, caller, { scope, domains }, { scope, domains }, planned);
      return isMade ? plan : { ...plan, release: null };
    });
  }

  /** What a change would do that is made by `change`, and taken back. Null where it starts no rollout. */
  async ofChange(
    caller: TenantCaller,
    scope: PlacementScope,
    change: (tx: Transaction) => Promise<PlannedChange | null>,
  ): Promise<RolloutPlan | null> {
    return this.database.rehearse(async (tx) => {
      const before = { scope, domains: await domainsOf(tx, scope) };
      const planned = await change(tx);
      if (!planned) return null;
      const placement = await tx.placement.findUniqueOrThrow({ where: { id: scope.placement.id } });
      const changed = { ...scope, placement };
      const plan = await this.look(
        tx,
        caller,
        before,
        { scope: changed, domains: await domainsOf(tx, changed) },
        planned,
      );
      return planned.cause === 'deploy' ? { ...plan, release: null } : plan;
    });
  }

  private async look(
    tx: Transaction,
    caller: TenantCaller,
    before: Standing,
    after: Standing,
    { next, strategy = readStrategy(after.scope.placement.strategy), cause }: PlannedChange,
  ): Promise<RolloutPlan> {
    const { releaseId } = before.scope.placement;
    const previous = releaseId ? await tx.release.findUnique({ where: { id: releaseId } }) : null;
    const quota = await this.quota.preview(tx, after.scope, next, strategy);
    const verdicts = await this.images.judge(after.scope, next);
    const stable = readSlot(before.scope.placement);
    const newStable = slotAfter(strategy, stable, previous !== null);
    return rolloutPlanSchema.parse({
      release: next.number,
      previousRelease: previous?.number ?? null,
      image: next.image,
      changes: this.releases.diffContents(previous, next),
      objects: diffObjects(
        previous ? await objectsOf(tx, before, previous, stable) : [],
        await objectsOf(tx, after, next, newStable),
      ),
      routes: cause === 'settings' ? differing(before.domains, after.domains) : after.domains.hostnames,
      quota,
      policies: verdicts,
      consent: await this.consent(tx, caller, after.scope, next, cause),
      strategy,
      steps: timeSteps(strategy, processNamesOf(next), previous !== null),
      warnings: warnOfStrategy(strategy),
      isRefused: !quota.hasRoom || verdicts.some(({ mode }) => mode === 'enforce'),
    });
  }

  private async consent(
    tx: Transaction,
    caller: TenantCaller,
    scope: PlacementScope,
    release: ReleaseModel,
    cause: Cause,
  ) {
    const freeze = cause === 'settings' ? undefined : await this.gate.findFreeze(tx, scope);
    if (freeze) return { freeze: freeze.name, isNeeded: true };
    const { ask } = await this.gate.examine(tx, caller, scope, release, { cause });
    return { freeze: null, isNeeded: ask !== null };
  }
}

/** What is rolled out by a change, and how. */
export interface PlannedChange {
  readonly next: ReleaseModel;
  /** Default: the environment's. */
  readonly strategy?: Strategy;
  readonly cause: Cause;
}

/** A place as it is, or as it would be. */
interface Standing {
  readonly scope: PlacementScope;
  readonly domains: RoutedDomains;
}

const domainsOf = (reader: Reader, { placement, application }: PlacementScope): Promise<RoutedDomains> =>
  loadDomains(reader, placement.id, application.name);

/** What the cluster has of a release; as it is applied, but for the values of secrets. */
async function objectsOf(reader: Reader, { scope, domains }: Standing, release: ReleaseModel, stable: Slot) {
  const input = await loadReleaseInput(reader, scope, release, ({ versions }) =>
    Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, `version ${version}`])),
  );
  const { hostnames, secured } = domains;
  return standingObjects(input, { stable, hostnames, secured: { port: anyPort, hosts: secured } });
}

/** Host names that only one of both has. */
const differing = (one: RoutedDomains, other: RoutedDomains): readonly string[] => [
  ...one.hostnames.filter((name) => !other.hostnames.includes(name)),
  ...other.hostnames.filter((name) => !one.hostnames.includes(name)),
];

/** On both sides of the comparison. */
const anyPort = 443;

const processNamesOf = (release: ReleaseModel): readonly string[] =>
  resolveProcesses(processesOf(release)).map(({ name }) => name);
