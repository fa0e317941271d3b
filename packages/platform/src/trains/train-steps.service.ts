import { Injectable } from '@nestjs/common';
import type { PlacementScope } from '../applications/application-scopes.service.js';
import { Clock } from '../kernel/clock/clock.js';
import {
  Database,
  type EnvironmentModel,
  type ReleaseModel,
  type TrainModel,
  type Transaction,
} from '../kernel/database/index.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { EventLog } from '../kernel/events/event-log.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { progressOf, type RolloutProgress, RolloutSteering } from '../rollouts/rollout-steering.service.js';
import { RolloutsService } from '../rollouts/rollouts.service.js';
import {
  readCars,
  readCommands,
  readConsent,
  readLane,
  readTrain,
  type StoredCar,
  toColumns,
  toJson,
  withDetails,
} from './trains.codec.js';
import { fail } from './trains.errors.js';
import { decideTrain, isOver, type Rollouts, type TrainAction, type TrainEvent } from './trains.rules.js';

/** A freeze may last: so often it is asked whether it is over. */
const retrySeconds = 5;

/** What cannot be done for a car; the transaction is taken back, and this is written down instead. */
class CarRefused extends Error {
  constructor(
    readonly car: string,
    override readonly cause: SlipwayError,
  ) {
    super(cause.message);
  }
}

/** Moves a train on: its decision, and the beginnings and ends of rollouts that it asks for, in one transaction. */
@Injectable()
export class TrainSteps {
  constructor(
    private readonly database: Database,
    private readonly rollouts: RolloutsService,
    private readonly steering: RolloutSteering,
    private readonly events: EventLog,
    private readonly clock: Clock,
  ) {}

  /** True when nothing more will happen. */
  async step(trainId: string): Promise<boolean> {
    try {
      return await this.database.transaction((tx) => this.stepIn(tx, trainId));
    } catch (error) {
      if (!(error instanceof CarRefused)) throw error;
      return this.database.transaction((tx) => this.stepIn(tx, trainId, error));
    }
  }

  /** What goes on of it goes on by itself. */
  async giveUp(trainId: string, reason: string): Promise<void> {
    const data = { state: 'failed', reason, finishedAt: this.clock.now(), version: { increment: 1 } };
    const open = { id: trainId, state: { in: ['progressing', 'paused'] } };
    await this.database.read.train.updateMany({ where: open, data });
  }

  private async stepIn(tx: Transaction, trainId: string, refused?: CarRefused): Promise<boolean> {
    await tx.$queryRaw`SELECT 1 FROM trains WHERE id = ${trainId}::uuid FOR UPDATE`;
    const row = await tx.train.findUnique({ where: { id: trainId }, include: { environment: true } });
    if (!row) return true;
    const before = readTrain(row);
    if (isOver(before)) return true;
    const details = readCars(row);
    const rollouts = await lookAt(tx, details);
    const [asked] = refused ? [] : readCommands(row);
    const event: TrainEvent = refused
      ? this.toRefusal(refused, rollouts)
      : asked
        ? { type: 'command', ...asked, rollouts }
        : { type: 'looked', rollouts };
    const now = this.clock.now();
    const { train, actions } = decideTrain(before, event, now);
    let cars = withDetails(details, train.cars);
    for (const action of actions) cars = await this.perform(tx, row, cars, action);
    const commands = asked ? { commands: toJson(readCommands(row).slice(1)) } : {};
    const isSame = JSON.stringify([before, details]) === JSON.stringify([{ ...train, cars: details }, cars]);
    if (isSame && !asked) return false;
    const finishedAt = isOver(train) ? now : null;
    const data = { ...toColumns(train, cars), ...commands, finishedAt, version: { increment: 1 } };
    await tx.train.update({ where: { id: row.id }, data });
    await this.events.record(tx, {
      tenantId: row.tenantId,
      projectId: row.projectId,
      type: 'train.updated',
      resource: `projects/${await projectOf(tx, row)}/trains/${row.name}`,
      data: { state: train.state },
    });
    return isOver(train);
  }

  /** What a freeze refuses is asked again. */
  private toRefusal({ car, cause }: CarRefused, rollouts: Rollouts): TrainEvent {
    const retryAt =
      cause.code === 'rollout-frozen' ? new Date(this.clock.now().getTime() + retrySeconds * 1000).toISOString() : null;
    return { type: 'refused', car, message: cause.message, retryAt, rollouts };
  }

  private async perform(
    tx: Transaction,
    row: TrainModel & { environment: EnvironmentModel },
    cars: readonly StoredCar[],
    { do: what, car: name }: TrainAction,
  ): Promise<readonly StoredCar[]> {
    const car = cars.find(({ application }) => application === name);
    if (!car) return cars;
    const changed = (change: Partial<StoredCar>) => cars.map((each) => (each === car ? { ...each, ...change } : each));
    try {
      const scope = await this.scopeOf(tx, row, car);
      const caller = callerOf(row);
      switch (what) {
        case 'start':
          return changed(await this.start(tx, caller, scope, row, car));
        case 'revert':
          return changed({ revertId: await this.revert(tx, caller, scope, row, car) });
        case 'promote':
          if (car.rolloutId) await this.steering.promoteIn(tx, caller, scope, car.rolloutId, readConsent(row));
          return cars;
        case 'abort': {
          const reason = `Train ${row.name} was stopped.`;
          if (car.rolloutId) await this.steering.abortIn(tx, caller, scope, car.rolloutId, reason);
          return cars;
        }
      }
    } catch (error) {
      throw error instanceof SlipwayError ? new CarRefused(name, error) : error;
    }
  }

  private async start(
    tx: Transaction,
    caller: Caller,
    scope: PlacementScope,
    row: TrainModel,
    { releaseId, strategy, fromEnvironment }: StoredCar,
  ): Promise<Partial<StoredCar>> {
    const release = await releaseOf(tx, releaseId);
    const rollout = await this.rollouts.startIn(tx, caller, scope, release, {
      strategy,
      lane: readLane(row) ?? undefined,
      promotedFrom: fromEnvironment ?? undefined,
      consent: readConsent(row),
    });
    const { previousReleaseId } = rollout;
    const previous = previousReleaseId && (await tx.release.findUnique({ where: { id: previousReleaseId } }));
    return {
      rolloutId: rollout.id,
      previousReleaseId,
      previousRelease: previous ? previous.number : null,
      canRevert: previousReleaseId !== null && previousReleaseId !== releaseId,
    };
  }

  /** Only from the train's own release: what somebody rolled out since is left alone. */
  private async revert(
    tx: Transaction,
    caller: Caller,
    scope: PlacementScope,
    row: TrainModel,
    car: StoredCar,
  ): Promise<string> {
    if (scope.placement.releaseId !== car.releaseId) throw fail('train-over', 'Another release runs there by now.');
    const release = await releaseOf(tx, car.previousReleaseId ?? '');
    const options = { strategy: { type: 'rolling' }, cause: 'rollback', consent: readConsent(row) } as const;
    return (await this.rollouts.startIn(tx, caller, scope, release, options)).id;
  }

  private async scopeOf(
    tx: Transaction,
    { environment }: { environment: EnvironmentModel },
    { applicationId }: StoredCar,
  ): Promise<PlacementScope> {
    const application = await tx.application.findUnique({
      where: { id: applicationId },
      include: { project: { include: { tenant: true } } },
    });
    const place = { applicationId, environmentId: environment.id };
    const placement = await tx.placement.findUnique({ where: { applicationId_environmentId: place } });
    if (!application || !placement) throw fail('train-invalid', gone);
    const { project } = application;
    const scope = { tenant: project.tenant, project, application, environment, placement };
    this.rollouts.requireReady(scope);
    return scope;
  }
}

/** In the name of whoever created it. */
const callerOf = ({ id, createdBy }: TrainModel): Caller => ({
  actor: { kind: 'system', id: null, username: createdBy, isAdmin: true },
  requestId: id,
  source: null,
});

const gone = 'The application is gone.';
const removed: RolloutProgress = { state: 'aborted', isInLane: false, waits: false, message: gone };

/** Of a car that goes back, the rollout that takes it back. */
async function lookAt(tx: Transaction, cars: readonly StoredCar[]): Promise<Rollouts> {
  const ids = cars.flatMap(({ rolloutId, revertId }) => revertId ?? rolloutId ?? []);
  const rows = await tx.rollout.findMany({ where: { id: { in: ids } } });
  return Object.fromEntries(
    cars.flatMap(({ application, rolloutId, revertId }) => {
      const wanted = revertId ?? rolloutId;
      const row = rows.find(({ id }) => id === wanted);
      return wanted === null ? [] : [[application, row ? progressOf(row) : removed]];
    }),
  );
}

async function releaseOf(tx: Transaction, id: string): Promise<ReleaseModel> {
  const release = await tx.release.findUnique({ where: { id } });
  if (!release) throw fail('train-invalid', 'The release is gone.');
  return release;
}

async function projectOf(tx: Transaction, { projectId }: TrainModel): Promise<string> {
  return (await tx.project.findUniqueOrThrow({ where: { id: projectId }, select: { name: true } })).name;
}
