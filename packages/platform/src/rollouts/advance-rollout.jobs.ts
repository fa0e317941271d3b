import { Injectable } from '@nestjs/common';
import { type KubeClient, KubeError } from '@slipway/orchestrator/client';
import { ClustersService } from '../clusters/clusters.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type ReleaseModel, type RolloutModel } from '../kernel/database/index.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { hasOpenAnalyses } from './analysis/rollout-analysis.rules.js';
import { waitsForApproval } from './approval.rules.js';
import { ApplyRefusal } from './experiment-objects.js';
import { goesOn, holdForFreeze } from './freeze-hold.rules.js';
import { decide, type HookEvent, type HookedDecision, isLooking } from './hooks/hook.rules.js';
import { RolloutHooks } from './hooks/rollout-hooks.service.js';
import { isInstant } from './instant.rules.js';
import { PlacementImages } from './placement-images.service.js';
import {
  joinMeasured,
  type Measured,
  type Measuring,
  RolloutMeasurements,
} from './probes/rollout-measurements.service.js';
import { describeFreeze, RolloutGate, waitSubjectOf } from './rollout-gate.service.js';
import { type RolloutLoop, RolloutLoops } from './rollout-loops.js';
import { type Placed, type Releases, RolloutObjects } from './rollout-objects.js';
import { type LoadedRollout, RolloutRecord } from './rollout-record.js';
import { readApproval, readCommands, readRollout } from './rollouts.codec.js';
import { advanceRollout } from './rollouts.job-definitions.js';
import { isFinal, type Rollout, type RolloutEvent, targetOf } from './rollouts.rules.js';
import { whole } from './strategy.rules.js';

const observeMilliseconds = 700;
/** Where many rollouts go on at once each of them is looked at less often: so much of this process a look costs. */
const lookMilliseconds = 20;
/** What waits for a person or for its time is looked at only for pods that fail. */
const pausedMilliseconds = 2_000;
/** Where the pods run already the traffic waits for nothing but this look. */
const instantMilliseconds = 50;
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
    private readonly gate: RolloutGate,
    private readonly measurements: RolloutMeasurements,
    private readonly loops: RolloutLoops,
    private readonly hooks: RolloutHooks,
  ) {}

  async run({ rolloutId }: { rolloutId: string }, { signal }: JobContext): Promise<void> {
    await this.loops.run(rolloutId, async (loop) => {
      const measuring = this.measurements.begin();
      await this.advance(rolloutId, loop, measuring, signal).finally(() => measuring.stop());
    });
  }

  private async advance(
    rolloutId: string,
    loop: RolloutLoop,
    measuring: Measuring,
    signal: AbortSignal,
  ): Promise<void> {
    let event: RolloutEvent | HookEvent = { type: 'started' };
    let measured: Measured | undefined;
    const releases = this.readOnce();
    for (;;) {
      signal.throwIfAborted();
      const loaded = await this.record.load(rolloutId);
      if (!loaded) return;
      const { row } = loaded;
      const current = readRollout(row);
      const [asked] = readCommands(row);
      if (row.abortRequestedAt && !current.restoring && current.state !== 'aborted')
        event = { type: 'command', command: 'abort' };
      else if (isFinal(current)) return this.conclude(loaded, current);
      else if (asked) event = { type: 'command', command: asked.command };
      else event = await this.giveWay(loaded, current, event);
      const isAborted = event.type === 'command' && event.command === 'abort';
      if (waitsForApproval(readApproval(row)) && !isAborted && event.type !== 'superseded') return;
      // What waits for room begins when there is some, whatever was asked meanwhile.
      if (isPendingCommand(event, current) && (await this.isQueued(loaded.scope, row.id))) return;
      const decision = await this.decide(loaded, current, event, measured);
      const isPromoted = decision.actions.some((action) => action.do === 'promote');
      const isObeyed = event.type === 'command' && event.command !== 'abort';
      if (!(await this.record.save(loaded, decision.rollout, { isPromoted, isObeyed, cause: causeOf(row, event) }))) {
        event = { type: 'started' };
        continue;
      }
      if (isFinal(decision.rollout)) return this.conclude(loaded, decision.rollout);
      // What was measured is kept until it is written down.
      if (event.type !== 'command') measured = undefined;
      const isWatching = isLooking(decision) && hasOpenAnalyses(decision.rollout);
      // Beside the wait for the next look, and no longer than it: an abort waits for no measurement.
      const looking = isWatching ? measuring.look(loaded, decision.rollout) : undefined;
      const next = await this.perform(loaded, decision, () => releases(row), loop, signal).catch((error: unknown) =>
        this.wait(error, loop, signal),
      );
      if (!next) return;
      event = next;
      measured = joinMeasured(measured, await looking);
    }
  }

  async giveUp({ rolloutId }: { rolloutId: string }, error: Error): Promise<void> {
    const loaded = await this.record.load(rolloutId);
    if (!loaded) return;
    const { rollout } = decide(readRollout(loaded.row), { type: 'refused', message: error.message }, this.clock.now());
    const isSaved = await this.record.save(loaded, rollout, {});
    // What is taken back has attempts of its own.
    if (isSaved && !isFinal(rollout)) await this.record.wake(loaded.row);
  }

  /** The machine's decision, but that what would go on by itself waits while a freeze is on. */
  private async decide(
    loaded: LoadedRollout,
    before: Rollout,
    event: RolloutEvent | HookEvent,
    measured: Measured | undefined,
  ): Promise<HookedDecision> {
    const { row } = loaded;
    const now = this.clock.now();
    // What was measured counts first, but for what somebody asks.
    const seen = measured && event.type !== 'command' ? decide(before, measured, now) : undefined;
    if (seen && !isLooking(seen)) return seen;
    const current = seen?.rollout ?? before;
    const decision = decide(current, event, now);
    if (row.abortReason !== null && decision.rollout.state === 'aborted')
      return { ...decision, rollout: { ...decision.rollout, error: row.abortReason } };
    const freeze =
      row.freezeOverride === null ? await this.findFreeze(current, decision.rollout, event, loaded) : undefined;
    return freeze ? holdForFreeze(current, describeFreeze(freeze)) : decision;
  }

  /** The freeze that the next step would be in; what waited long before it began is asked once more. */
  private async findFreeze(
    before: Rollout,
    after: Rollout,
    event: RolloutEvent | HookEvent,
    { row, scope }: LoadedRollout,
  ) {
    const { read } = this.database;
    if (before.state === 'pending' && after.state === 'progressing')
      return this.gate.findFreezeAtStart(read, scope, row.releaseId);
    return event.type === 'observed' && goesOn(before, after) ? this.gate.findFreeze(read, scope) : undefined;
  }

  private async perform(
    { row, scope }: LoadedRollout,
    { rollout, actions }: HookedDecision,
    read: () => Promise<Releases>,
    loop: RolloutLoop,
    signal: AbortSignal,
  ): Promise<RolloutEvent | HookEvent | undefined> {
    const { cluster } = scope.environment;
    const target = targetOf(rollout);
    const releases = await read();
    const action = actions.at(-1);
    switch (action?.do) {
      case 'hook': {
        await loop.sleep(observeMilliseconds, signal);
        const { next: release } = releases;
        const refusal = await this.images.findRefusal(row, scope, release);
        if (refusal) return { type: 'refused', message: refusal };
        const { hook } = action;
        const outcome = await this.clusters.use(cluster, (client) =>
          this.hooks.look(client, { scope, row, rollout, release, hook }),
        );
        return { type: 'hooked', hook, outcome };
      }
      case 'apply': {
        const refusal = rollout.restoring ? undefined : await this.images.findRefusal(row, scope, releases.next);
        if (refusal) return { type: 'refused', message: refusal };
        return this.clusters.use(cluster, (client) =>
          this.applyOrRefuse(client, { scope, target, releases, rolloutId: row.id }),
        );
      }
      case 'observe': {
        await loop.sleep(this.intervalOf(rollout), signal);
        const placed = { scope, target, releases, rolloutId: row.id };
        return {
          type: 'observed',
          ...(await this.clusters.use(cluster, (client) => this.objects.observe(client, placed))),
        };
      }
      default:
        return undefined;
    }
  }

  /** How long until the next look, in milliseconds; the end of a pause is looked at on time. */
  private intervalOf(rollout: Rollout): number {
    if (isInstant(rollout) && rollout.candidate.weight < whole) return instantMilliseconds;
    const usual = Math.max(observeMilliseconds, this.loops.count * lookMilliseconds);
    const isStill = rollout.state === 'paused' || rollout.state === 'pending';
    if (!isStill || hasOpenAnalyses(rollout)) return usual;
    const left = rollout.pausedUntil === null ? Infinity : Date.parse(rollout.pausedUntil) - this.clock.now().getTime();
    return Math.max(instantMilliseconds, Math.min(left, Math.max(usual, pausedMilliseconds)));
  }

  /** What the cluster will refuse again however often it is asked ends the rollout; everything else is tried again. */
  private async applyOrRefuse(client: KubeClient, placed: Placed): Promise<RolloutEvent> {
    try {
      await this.objects.apply(client, placed);
      return { type: 'applied' };
    } catch (error) {
      if (error instanceof ApplyRefusal) return { type: 'refused', message: error.message };
      const isLasting = error instanceof KubeError && (error.code === 400 || error.code === 403 || error.code === 422);
      if (!isLasting) throw error;
      return { type: 'refused', message: `The cluster refused: ${error.message}` };
    }
  }

  /** A cluster that is away for a while is no failure: what was to be done is done again. Anything else is thrown. */
  private async wait(error: unknown, loop: RolloutLoop, signal: AbortSignal): Promise<RolloutEvent> {
    const isAway =
      (error instanceof SlipwayError && error.code === 'cluster-unavailable') ||
      (error instanceof KubeError && error.code >= 500);
    if (!isAway) throw error;
    await loop.sleep(awayMilliseconds, signal);
    return { type: 'started' };
  }

  /** What is left to do of a rollout that is over: done again where the worker before died of it. The operation's end comes last. */
  private async conclude({ row }: LoadedRollout, rollout: Rollout): Promise<void> {
    if (await this.record.isConcluded(row)) return;
    const loaded = await this.record.load(row.id);
    // Where a later rollout has begun, the place is its own.
    if (loaded && rollout.state === 'healthy' && !(await this.findNewer(row))) await this.prune(loaded, rollout);
    if (loaded) await this.clearHooks(loaded);
    if (loaded) await this.clearExperiments(loaded);
    await this.record.conclude(row, rollout);
  }

  private async prune({ row, scope }: LoadedRollout, { plan }: Rollout): Promise<void> {
    const release = await this.release(row.releaseId);
    await this.clusters
      .use(scope.environment.cluster, async (client) => {
        // The Service that others in the cluster call follows the slot.
        if (plan.at(-1)?.do === 'promote') await this.objects.settle(client, scope, release);
        await this.objects.prune(client, scope, release);
      })
      // What is left over harms nobody, and the next rollout removes it.
      .catch(() => undefined);
  }

  /** What is left of them harms nobody. */
  private async clearHooks({ row, scope }: LoadedRollout): Promise<void> {
    if (Object.keys(readRollout(row).hooks).length === 0) return;
    await this.clusters
      .use(scope.environment.cluster, (client) => this.hooks.clear(client, scope, row.id))
      .catch(() => undefined);
  }

  /** Of a rollout that gave way to one that waits to begin: what begins removes it by itself. */
  private async clearExperiments({ row, scope }: LoadedRollout): Promise<void> {
    if (!readRollout(row).plan.some((step) => step.do === 'experiment')) return;
    await this.clusters
      .use(scope.environment.cluster, (client) => this.objects.clearExperiments(client, scope, row.id))
      .catch(() => undefined);
  }

  private async giveWay(
    { row, scope }: LoadedRollout,
    current: Rollout,
    event: RolloutEvent | HookEvent,
  ): Promise<RolloutEvent | HookEvent> {
    const newer = await this.findNewer(row);
    if (!newer) return event;
    const isHeldBack = waitsForApproval(readApproval(newer)) || (await this.isQueued(scope, newer.id));
    return isHeldBack && current.restoring ? event : { type: 'superseded', by: newer.id, isHeldBack };
  }

  private findNewer({
    id,
    applicationId,
    environmentId,
    createdAt,
  }: RolloutModel): Promise<Pick<RolloutModel, 'id' | 'approval'> | null> {
    return this.database.read.rollout.findFirst({
      where: { applicationId, environmentId, id: { gt: id }, createdAt: { gte: createdAt } },
      orderBy: { createdAt: 'desc' },
      select: { id: true, approval: true },
    });
  }

  private async isQueued(scope: LoadedRollout['scope'], id: string): Promise<boolean> {
    return (await this.database.read.quotaWait.count({ where: waitSubjectOf(scope, id) })) > 0;
  }

  /** Releases never change: each is read once for all the looks of a loop. */
  private readOnce(): (row: RolloutModel) => Promise<Releases> {
    let known: Releases | undefined;
    return async ({ releaseId, previousReleaseId }) => {
      if (known) return known;
      const next = await this.release(releaseId);
      known = { next, previous: previousReleaseId === null ? next : await this.release(previousReleaseId) };
      return known;
    };
  }

  private async release(id: string): Promise<ReleaseModel> {
    return this.database.read.release.findUniqueOrThrow({ where: { id } });
  }
}

const isPendingCommand = (event: RolloutEvent | HookEvent, { state }: Rollout): boolean =>
  state === 'pending' && event.type === 'command' && event.command !== 'abort';

/** Who is behind an event; undefined where the rollout goes on by itself. */
function causeOf(row: RolloutModel, event: RolloutEvent | HookEvent): { actor: string; reason: string } | undefined {
  if (event.type === 'superseded') return { actor: 'system:rollouts', reason: `Rollout ${event.by} took its place.` };
  if (event.type !== 'command') return undefined;
  if (event.command === 'abort')
    return { actor: row.abortRequestedBy ?? 'system:rollouts', reason: row.abortReason ?? 'Aborted.' };
  const [asked] = readCommands(row);
  return asked && { actor: asked.by, reason: reasons[asked.command] };
}

const reasons = {
  promote: 'Promoted by one step.',
  'promote-full': 'Promoted past all steps.',
  pause: 'Held.',
  resume: 'Let go on.',
  settings: 'Its settings were changed.',
} as const;
