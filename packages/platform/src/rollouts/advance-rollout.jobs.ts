import { Injectable } from '@nestjs/common';
import { type KubeClient, KubeError } from '@slipway/orchestrator/client';
import { ClustersService } from '../clusters/clusters.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type ReleaseModel, type RolloutModel } from '../kernel/database/index.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { PlacementImages } from './placement-images.service.js';
import { type Placed, type Releases, RolloutObjects } from './rollout-objects.js';
import { type LoadedRollout, RolloutRecord } from './rollout-record.js';
import { readCommands, readRollout } from './rollouts.codec.js';
import { advanceRollout } from './rollouts.job-definitions.js';
import { type Decision, decide, isFinal, type RolloutEvent, targetOf } from './rollouts.rules.js';

const observeMilliseconds = 700;
const awayMilliseconds = 1_500;

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
      const loaded = await this.record.load(rolloutId);
      if (!loaded) return;
      const { row } = loaded;
      const current = readRollout(row);
      const [asked] = readCommands(row);
      if (row.abortRequestedAt && !current.restoring && current.state !== 'aborted')
        event = { type: 'command', command: 'abort' };
      else if (isFinal(current)) return;
      else if (asked) event = { type: 'command', command: asked.command };
      else event = await this.supersede(row, event);
      const decision = decide(current, event, this.clock.now());
      const isPromoted = decision.actions.some((action) => action.do === 'promote');
      const isObeyed = event.type === 'command' && event.command !== 'abort';
      if (!(await this.record.save(loaded, decision.rollout, { isPromoted, isObeyed }))) {
        event = { type: 'started' };
        continue;
      }
      if (isPromoted) await this.prune(loaded);
      const next = await this.perform(loaded, decision, signal).catch((error: unknown) => this.wait(error, signal));
      if (!next) return;
      event = next;
    }
  }

  async giveUp({ rolloutId }: { rolloutId: string }, error: Error): Promise<void> {
    const loaded = await this.record.load(rolloutId);
    if (!loaded) return;
    const { rollout } = decide(readRollout(loaded.row), { type: 'refused', message: error.message }, this.clock.now());
    await this.record.save(loaded, rollout, {});
  }

  private async perform(
    { row, scope }: LoadedRollout,
    { rollout, actions }: Decision,
    signal: AbortSignal,
  ): Promise<RolloutEvent | undefined> {
    const { cluster } = scope.environment;
    const target = targetOf(rollout);
    const load = async (): Promise<Releases> => ({
      next: await this.release(row.releaseId),
      previous: await this.release(row.previousReleaseId ?? row.releaseId),
    });
    switch (actions.at(-1)?.do) {
      case 'apply': {
        const releases = await load();
        const refusal = rollout.restoring ? undefined : await this.images.findRefusal(row, scope, releases.next);
        if (refusal) return { type: 'refused', message: refusal };
        return this.clusters.use(cluster, (client) => this.applyOrRefuse(client, { scope, target, releases }));
      }
      case 'observe': {
        await this.clock.sleep(observeMilliseconds, signal);
        const placed = { scope, target, releases: await load() };
        return {
          type: 'observed',
          ...(await this.clusters.use(cluster, (client) => this.objects.observe(client, placed))),
        };
      }
      default:
        return undefined;
    }
  }

  /** What the cluster will refuse again however often it is asked ends the rollout; everything else is tried again. */
  private async applyOrRefuse(client: KubeClient, placed: Placed): Promise<RolloutEvent> {
    try {
      await this.objects.apply(client, placed);
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

  private async prune({ row, scope }: LoadedRollout): Promise<void> {
    const release = await this.release(row.releaseId);
    const placement = await this.database.read.placement.findUniqueOrThrow({ where: { id: scope.placement.id } });
    const stands = { ...scope, placement };
    await this.clusters
      .use(scope.environment.cluster, async (client) => {
        // The Service that others in the cluster call follows the slot.
        if (placement.slot !== scope.placement.slot) await this.objects.settle(client, stands, release);
        await this.objects.prune(client, stands, release);
      })
      // What is left over harms nobody, and the next rollout removes it.
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
}
