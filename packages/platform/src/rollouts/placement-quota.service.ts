import { Injectable } from '@nestjs/common';
import {
  type PlacementScope,
  type Processes,
  planObjects,
  readScaling,
} from '../applications/application-scopes.service.js';
import type { ReleaseModel, Transaction } from '../kernel/database/index.js';
import { amountsOf, largestOf, QuotasService } from '../quotas/quotas.service.js';
import { readContent } from '../releases/release-content.service.js';

/**
 * What an application holds in an environment: replicas times resources of the release in force, with the scaling of now. While a
 * rollout goes on, the larger of both releases; the one pod more that a rollout surges by is the platform's and is not charged.
 */
@Injectable()
export class PlacementQuota {
  constructor(private readonly quotas: QuotasService) {}

  async charge(tx: Transaction, scope: PlacementScope, release: ReleaseModel): Promise<void> {
    const { releaseId } = scope.placement;
    const previous =
      releaseId && releaseId !== release.id ? await tx.release.findUnique({ where: { id: releaseId } }) : null;
    const amounts = [release, ...(previous ? [previous] : [])].map((each) => this.amounts(scope, each));
    await this.quotas.charge(tx, placeOf(scope), { subject: subjectOf(scope), amounts: largestOf(amounts) });
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
    const objects = planObjects({
      tenant: scope.tenant.name,
      project: scope.project.name,
      environment: scope.environment.name,
      application: scope.application.name,
      namespace: scope.environment.namespace,
      release: release.number,
      image: release.image,
      processes: readContent(release.content).processes as Processes,
      scaling: readScaling(scope.placement.scaling),
      variables: {},
      secrets: {},
      hostnames: ['any'],
    });
    return amountsOf(objects);
  }
}

const subjectOf = (scope: PlacementScope): string => `placements/${scope.placement.id}`;

const placeOf = (scope: PlacementScope) => ({
  tenantId: scope.tenant.id,
  projectId: scope.project.id,
  environmentId: scope.environment.id,
  cluster: scope.environment.cluster,
});
