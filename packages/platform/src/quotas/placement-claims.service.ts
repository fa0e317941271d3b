import { Injectable } from '@nestjs/common';
import { type PlacementScope, planObjects } from '../applications/application-scopes.service.js';
import type { ReleaseModel, Transaction } from '../kernel/database/index.js';
import { outlineOf } from '../releases/release-content.service.js';
import { amountsOf, largestOf } from './manifest-amounts.rules.js';
import type { QuotaPlace } from './quotas.rules.js';
import type { Charge } from './quotas.service.js';

/** What a release of an application is in an environment, as far as it counts. */
export function objectsOf(scope: PlacementScope, release: ReleaseModel) {
  return planObjects({
    ...outlineOf(scope, release),
    variables: {},
    secrets: {},
    hostnames: ['any'],
  });
}

interface MissingClaim {
  readonly place: QuotaPlace;
  readonly claim: Charge;
}

/** Placements that run something and hold nothing. */
@Injectable()
export class PlacementClaims {
  async listMissing(tx: Transaction, tenantId: string): Promise<readonly MissingClaim[]> {
    const held = await tx.quotaClaim.findMany({
      where: { tenantId, subject: { startsWith: 'placements/' } },
      distinct: ['subject'],
      select: { subject: true },
    });
    const placements = await tx.placement.findMany({
      where: { tenantId, id: { notIn: held.map(({ subject }) => subject.slice('placements/'.length)) } },
      include: {
        release: true,
        environment: true,
        application: { include: { project: { include: { tenant: true } } } },
      },
    });
    const rollouts = await tx.rollout.findMany({
      where: { tenantId, state: { in: ['progressing', 'paused'] } },
      select: { applicationId: true, environmentId: true, releaseId: true },
    });
    const coming = await tx.release.findMany({ where: { id: { in: rollouts.map((row) => row.releaseId) } } });
    return placements.flatMap(({ release, environment, application, ...placement }) => {
      const ids = rollouts
        .filter((row) => row.applicationId === application.id && row.environmentId === environment.id)
        .map((row) => row.releaseId);
      const releases = [...(release ? [release] : []), ...coming.filter(({ id }) => ids.includes(id))];
      if (releases.length === 0) return [];
      const { project } = application;
      const scope = { tenant: project.tenant, project, application, environment, placement };
      const amounts = largestOf(releases.map((each) => amountsOf(objectsOf(scope, each))));
      const { cluster } = environment;
      const place = { tenantId, projectId: project.id, environmentId: environment.id, cluster };
      return [{ place, claim: { subject: `placements/${placement.id}`, amounts } }];
    });
  }
}
