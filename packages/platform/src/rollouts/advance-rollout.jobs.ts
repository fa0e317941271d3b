import { Injectable } from '@nestjs/common';
import { type KubeClient, KubeError } from '@slipway/orchestrator/client';
import { ApplicationScopes, type PlacementScope } from '../applications/application-scopes.service.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type ReleaseModel, type RolloutModel } from '../kernel/database/index.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { PlacementImages } from './placement-images.service.js';
import { RolloutObjects } from './rollout-objects.js';
import { RolloutRecord } from './rollout-record.js';
import { readRollout } from './rollouts.codec.js';
import { advanceRollout } from './rollouts.job-definitions.js';
import { decide, isFinal, type RolloutAction, type RolloutEvent } from './rollouts.rules.js';

const observeMilliseconds = 700;
const awayMilliseconds = 1_500;

interface Loaded {
  readonly row: RolloutModel;
  readonly scope: PlacementScope;
}

/**
 * Takes one rollout to its end: decide (pure), write the decision down, do it, look again. All that it knows is in the
 * database and the cluster, so another worker takes over at any point; two at once do the same idempotent things, and of
 * their writes the later is refused by the row's version.
 */
@Processes(advanceRollout)
@Injectable()
export class AdvanceRolloutProcessor implements JobProcessor<{ rolloutId: string }> {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly objects: RolloutObjects,
    private readonly clusters: ClustersService,
    private readonly clock: Clock,
    private readonly record: RolloutRecord,
    private readonly images: PlacementImages,
  ) {}

  async run({ rolloutId }: { rolloutId: string }, { signal }: JobContext): Promise<void> {
    let event: RolloutEvent = { type: 'started' };
    for (;;) {
      signal.throwIfAborted();
      const loaded = await this.load(rolloutId);
      if (!loaded) return;
      const { row } = loaded;
      const current = readRollout(row);
      if (row.abortRequestedAt && !current.restoring && current.state !== 'aborted')
        event = { type: 'abort-requested' };
      else if (isFinal(current)) return;
      else event = await this.supersede(row, event);
      const decision = decide(current, event, this.clock.now());
      if (
        !(await this.record.save(
          loaded,
          decision.rollout,
          decision.actions.some((action) => action.do === 'promote'),
        ))
      ) {
        event = { type: 'started' };
        continue;
      }
      if (decision.actions.some((action) => action.do === 'promote')) await this.prune(loaded);
      const next = await this.perform(loaded, decision.actions.at(-1), signal).catch((error: unknown) =>
        this.wait(error, signal),
      );
      if (!next) return;
      event = next;
    }
  }

  async giveUp({ rolloutId }: { rolloutId: string }, error: Error): Promise<void> {
    const loaded = await this.load(rolloutId);
    if (!loaded) return;
    const { rollout } = decide(readRollout(loaded.row), { type: 'refused', message: error.message }, this.clock.now());
    await this.record.save(loaded, rollout, false);
  }

  private async perform(
    loaded: Loaded,
    action: RolloutAction | undefined,
    signal: AbortSignal,
  ): Promise<RolloutEvent | undefined> {
    const { row, scope } = loaded;
    const { cluster } = scope.environment;
    switch (action?.do) {
      case 'apply': {
        const release = await this.release(row.releaseId);
        const refusal = await this.images.findRefusal(row, scope, release);
        if (refusal) return { type: 'refused', message: refusal };
        return this.clusters.use(cluster, (client) => this.applyOrRefuse(client, scope, release));
      }
      case 'restore':
        return this.clusters.use(cluster, async (client) =>
          this.applyOrRefuse(client, scope, await this.release(row.previousReleaseId ?? row.releaseId)),
        );
      case 'observe': {
        await this.clock.sleep(observeMilliseconds, signal);
        const release = await this.release(row.isRestoring ? (row.previousReleaseId ?? row.releaseId) : row.releaseId);
        const processes = await this.clusters.use(cluster, (client) => this.objects.observe(client, scope, release));
        return { type: 'observed', processes };
      }
      default:
        return undefined;
    }
  }

  /** What the cluster will refuse again however often it is asked ends the rollout; everything else is tried again. */
  private async applyOrRefuse(client: KubeClient, scope: PlacementScope, release: ReleaseModel): Promise<RolloutEvent> {
    try {
      await this.objects.apply(client, scope, release);
      return { type: 'applied' };
    } catch (error) {
      const isLasting = error instanceof KubeError && (error.code === 400 || error.code === 403 || error.code === 422);
      if (!isLasting) throw error;
      return { type: 'refused', message: `The cluster refused: ${error.message}` };
    }
  }

  /** A cluster that is away for a while is no failure: what was to be done is done again. Anything else is thrown. */
  private async wait(error: unknown, signal: AbortSignal): Promise<RolloutEvent> {
    const isAway =
      (error instanceof SlipwayError && error.code === 'cluster-unavailable') ||
      (error instanceof KubeError && error.code >= 500);
    if (!isAway) throw error;
    await this.clock.sleep(awayMilliseconds, signal);
    return { type: 'started' };
  }

  private async prune({ row, scope }: Loaded): Promise<void> {
    const release = await this.release(row.releaseId);
    // What is left over harms nobody, and the next rollout removes it.
    await this.clusters
      .use(scope.environment.cluster, (client) => this.objects.prune(client, scope, release))
      .catch(() => undefined);
  }

  private async supersede(row: RolloutModel, event: RolloutEvent): Promise<RolloutEvent> {
    const newer = await this.database.read.rollout.findFirst({
      where: {
        applicationId: row.applicationId,
        environmentId: row.environmentId,
        id: { gt: row.id },
        createdAt: { gte: row.createdAt },
      },
      orderBy: { createdAt: 'desc' },
      select: { id: true },
    });
    return newer ? { type: 'superseded', by: newer.id } : event;
  }

  private async release(id: string): Promise<ReleaseModel> {
    return this.database.read.release.findUniqueOrThrow({ where: { id } });
  }

  private async load(id: string): Promise<Loaded | undefined> {
    const row = await this.database.read.rollout.findUnique({ where: { id }, include: { environment: true } });
    const scope = row && (await this.scopes.findById(row.applicationId));
    if (!row || !scope || scope.application.state === 'deleting') return undefined;
    const place = {
      applicationId_environmentId: { applicationId: row.applicationId, environmentId: row.environmentId },
    };
    const placement = await this.database.read.placement.findUnique({ where: place });
    return placement ? { row, scope: { ...scope, environment: row.environment, placement } } : undefined;
  }
}
