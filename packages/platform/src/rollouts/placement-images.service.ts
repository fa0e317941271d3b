import { Injectable } from '@nestjs/common';
import { type PlacementScope, pathOf } from '../applications/application-scopes.service.js';
import { Database, type ReleaseModel, type RolloutModel } from '../kernel/database/index.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { ImageAdmission, type ImageUse } from '../policies/image-admission.service.js';

/** Asks the image policies about a release in an environment. */
@Injectable()
export class PlacementImages {
  constructor(
    private readonly database: Database,
    private readonly admission: ImageAdmission,
  ) {}

  /** Throws 422 `image-refused`. */
  async require(caller: Caller, scope: PlacementScope, release: ReleaseModel): Promise<void> {
    await this.admission.require(caller, toUse(scope, release, `releases/${release.number}`));
  }

  /** What would be said; nothing is written. */
  async judge(scope: PlacementScope, { image }: Pick<ReleaseModel, 'image'>) {
    return this.admission.judge({ tenantId: scope.tenant.id, environmentKind: scope.environment.kind }, image);
  }

  /** Why the rollout may not go on. An image that runs there already is let be, so that it can be scaled and mended. */
  async findRefusal(row: RolloutModel, scope: PlacementScope, release: ReleaseModel): Promise<string | undefined> {
    const before = row.previousReleaseId
      ? await this.database.read.release.findUnique({ where: { id: row.previousReleaseId }, select: { image: true } })
      : null;
    if (before?.image === release.image) return undefined;
    return this.admission.findRefusal(row.createdBy, toUse(scope, release, `rollouts/${row.id}`));
  }
}

function toUse(scope: PlacementScope, release: ReleaseModel, path: string): ImageUse {
  return {
    tenantId: scope.tenant.id,
    environmentKind: scope.environment.kind,
    environment: scope.environment.name,
    image: release.image,
    resource: `${pathOf(scope)}/${path}`,
  };
}
