import { Injectable } from '@nestjs/common';
import { eventPathOf, type PlacementScope } from '../applications/application-scopes.service.js';
import type { ReleaseModel, Transaction } from '../kernel/database/index.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { NamespaceQuotas } from '../quotas/namespace-quotas.service.js';
import { objectsOf } from '../quotas/placement-claims.service.js';
import { QuotaQueue } from '../quotas/quota-queue.service.js';
import { amountsOf, largestOf, QuotasService, type Refusal, surgePrefix } from '../quotas/quotas.service.js';
import { hooksOf } from '../releases/release-content.service.js';
import { templateOutline } from './experiment.rules.js';
import { hasTwoSlots, type PlannedStep, planSteps, type Strategy } from './strategy.rules.js';

interface QuotaPreview {
  readonly hasRoom: boolean;
  readonly message: string | null;
  readonly amounts: readonly {
    readonly resource: string;
    readonly before: string | null;
    readonly after: string | null;
    /** More, while it goes on. */
    readonly surge: string | null;
  }[];
}

/**
 * What an application holds in an environment: replicas times resources of the release in force, with the scaling of now. While a
 * rollout goes on, the larger of both releases; the one pod more that a rollout surges by is the platform's and is not charged.
 */
@Injectable()
export class PlacementQuota {
  constructor(
    private readonly quotas: QuotasService,
    private readonly namespaces: NamespaceQuotas,
    private readonly queue: QuotaQueue,
  ) {}

  /** Tells why there is no room, if there is none: then nothing has changed. */
  async charge(
    tx: Transaction,
    scope: PlacementScope,
    release: ReleaseModel,
    strategy: Strategy,
  ): Promise<Refusal | undefined> {
    const { releaseId } = scope.placement;
    const previous =
      releaseId && releaseId !== release.id ? await tx.release.findUnique({ where: { id: releaseId } }) : null;
    const objects = objectsOf(scope, release);
    const before = previous && objectsOf(scope, previous);
    // Side by side the two are there at once; in place the one gives way to the other.
    const beside = before && hasTwoSlots(strategy) ? [[...before, ...objects.filter(listens)]] : [];
    const stable = before ?? objects;
    const experiments = planSteps(strategy, releaseId !== null).flatMap((step) =>
      step.do === 'experiment' ? [templatesOf(step, { previous: stable, next: objects })] : [],
    );
    const [standing = stable] = beside;
    const measured = experiments.map((pods) => [...standing, ...pods]);
    const amounts = [objects, ...(before ? [before] : []), ...beside, ...measured].map((each) => amountsOf(each));
    const hook = Object.keys(hooksOf(release)).length > 0 ? onePodEach(objects) : [];
    const surge = [
      ...onePodEach(objects),
      ...hook,
      ...slotServices,
      ...templateServices(experiments),
      ...(strategy.type === 'blueGreen' ? [previewRoute] : []),
    ];
    return this.quotas.tryCharge(tx, placeOf(scope), {
      subject: subjectOf(scope),
      amounts: largestOf(amounts),
      surge: amountsOf(surge),
    });
  }

  /** What `charge` does, in a transaction that is taken back: so it is counted exactly as it would be. */
  async preview(
    tx: Transaction,
    scope: PlacementScope,
    release: ReleaseModel,
    strategy: Strategy,
  ): Promise<QuotaPreview> {
    const held = () => this.quotas.heldAll(tx, scope.tenant.id, subjectOf(scope));
    const before = await held();
    const refusal = await this.charge(tx, scope, release, strategy);
    const after = await held();
    const resources = [...Object.keys(before), ...Object.keys(after)].map((key) => key.replace(surgePrefix, ''));
    const amounts = [...new Set(resources)].sort().map((resource) => ({
      resource,
      before: before[resource] ?? null,
      after: after[resource] ?? null,
      surge: after[`${surgePrefix}${resource}`] ?? null,
    }));
    const message = refusal ? await this.quotas.explain(tx, refusal) : null;
    return { hasRoom: refusal === undefined, message, amounts };
  }

  /** Makes room in the namespace for what was charged, before it is applied. */
  async makeRoom(scope: PlacementScope): Promise<void> {
    await this.namespaces.applyTenant(scope.tenant.id);
  }

  /** The rollout waits for room: see `RolloutWaits`. */
  async wait(
    tx: Transaction,
    caller: Caller,
    scope: PlacementScope,
    rolloutId: string,
    refusal: Refusal,
  ): Promise<void> {
    const { tenantId, projectId, environmentId } = placeOf(scope);
    const subject = `${eventPathOf(scope)}/rollouts/${rolloutId}`;
    const action = { kind: 'rollout', id: rolloutId } as const;
    await this.queue.enter(tx, caller, { tenantId, projectId, environmentId, subject, action }, refusal);
  }

  async refuse(tx: Transaction, refusal: Refusal): Promise<never> {
    return this.quotas.refuse(tx, refusal);
  }

  /** A rollout is over: what stands is one release. Never more than was charged when it began. */
  async settle(tx: Transaction, scope: PlacementScope, releaseId: string): Promise<void> {
    const release = await tx.release.findUnique({ where: { id: releaseId } });
    if (!release) return;
    const placement = await tx.placement.findUniqueOrThrow({ where: { id: scope.placement.id } });
    const claim = { subject: subjectOf(scope), amounts: this.amounts({ ...scope, placement }, release) };
    // A newer rollout may have charged meanwhile: a refusal leaves what it set.
    await this.quotas.tryCharge(tx, placeOf(scope), claim);
  }

  private amounts(scope: PlacementScope, release: ReleaseModel) {
    return amountsOf(objectsOf(scope, release));
  }
}

type Objects = ReturnType<typeof objectsOf>;

const listens = ({ kind, metadata }: Objects[number]): boolean =>
  kind === 'Deployment' && metadata.labels['slipway.dev/slot'] !== undefined;

/** What the platform adds for itself: one Service a slot, and a route to what waits for its promotion. */
const previewRoute = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' };
const slotService = { apiVersion: 'v1', kind: 'Service' };
const slotServices = [slotService, slotService];

/** The Deployments of an experiment; its Services are the platform's. */
const templatesOf = (
  { templates }: Extract<PlannedStep, { do: 'experiment' }>,
  releases: Readonly<Record<'previous' | 'next', Objects>>,
) => templates.flatMap(({ release, replicas }) => templateOutline(releases[release], replicas));

/** One for each template of the largest experiment. */
const templateServices = (experiments: readonly (readonly unknown[])[]) =>
  Array.from({ length: Math.max(0, ...experiments.map(({ length }) => length)) }, () => slotService);

/** A rollout surges by one pod a process. */
const onePodEach = (objects: Objects) =>
  objects
    .filter(({ kind }) => kind === 'Deployment')
    .map((object) => ({ ...object, spec: { ...(object['spec'] as object), replicas: 1 } }));

const subjectOf = (scope: PlacementScope): string => `placements/${scope.placement.id}`;

const placeOf = (scope: PlacementScope) => ({
  tenantId: scope.tenant.id,
  projectId: scope.project.id,
  environmentId: scope.environment.id,
  cluster: scope.environment.cluster,
});
