import { Injectable } from '@nestjs/common';
import type { KubeClient } from '@slipway/orchestrator/client';
import type { Manifest, PlacementScope } from '../applications/application-scopes.service.js';
import { Database, type ReleaseModel, type RolloutModel } from '../kernel/database/index.js';
import { hasNeverBegun } from './hooks/hook.rules.js';
import { isImmutable, put, RolloutObjects, remove, types } from './rollout-objects.js';
import { RolloutRecord } from './rollout-record.js';
import { readRollout } from './rollouts.codec.js';
import { isFinal, isOnPrevious } from './rollouts.rules.js';

export { listKind, types as manifestTypes } from './rollout-objects.js';

/** What stands in a place, and since which rollout. */
export interface Standing {
  readonly rolloutId: string;
  readonly release: ReleaseModel;
  /** A later rollout waits to begin: what is planned now, with its settings, may not be what stands. */
  readonly isOutdated: boolean;
}

/** What rollouts have left in the cluster, for whoever looks whether it is still so. */
@Injectable()
export class StandingObjects {
  constructor(
    private readonly database: Database,
    private readonly objects: RolloutObjects,
    private readonly record: RolloutRecord,
  ) {}

  /** `moving` while a rollout is at work on it; undefined where nothing stands. */
  async find({ placement }: PlacementScope): Promise<Standing | 'moving' | undefined> {
    const { applicationId, environmentId } = placement;
    const rows = await this.database.read.rollout.findMany({
      where: { applicationId, environmentId },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: 20,
    });
    // What waits to begin, for somebody's consent or for room, has changed nothing yet.
    const latest = rows.find(({ state }) => state !== 'pending');
    if (!latest) return undefined;
    if (!isFinal(readRollout(latest)) || !(await this.record.isConcluded(latest))) return 'moving';
    const id = staysBroken(latest) ? latest.releaseId : placement.releaseId;
    const release = id === null ? null : await this.database.read.release.findUnique({ where: { id } });
    return release ? { rolloutId: latest.id, release, isOutdated: latest !== rows[0] } : undefined;
  }

  /** As this version of the platform would write it. Holds secrets in the clear: never keep or log them. */
  plan(scope: PlacementScope, release: ReleaseModel): Promise<readonly Manifest[]> {
    return this.objects.planInForce(scope, release);
  }

  /** Brings an object back. What is immutable is made anew. */
  async restore(client: KubeClient, manifest: Manifest): Promise<void> {
    const { kind, metadata } = manifest;
    if (isImmutable(manifest)) {
      const existing = await client.find(types[kind], metadata.name, metadata.namespace);
      if (existing) await remove(client, types[kind], existing);
    }
    await put(client, manifest);
  }
}

/** What failed in place stays where going back was switched off. */
function staysBroken(row: RolloutModel): boolean {
  const rollout = readRollout(row);
  const hasBegun = rollout.steps.some(({ state }) => state !== 'skipped' && state !== 'pending');
  return rollout.state === 'failed' && hasBegun && !isOnPrevious(rollout) && !hasNeverBegun(rollout);
}
