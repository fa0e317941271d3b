import type { Prisma, TrainModel } from '../kernel/database/index.js';
import type { FreezeConsent, Lane, Strategy } from '../rollouts/rollout-steering.service.js';
import type { Car, Train, TrainCommand, TrainState } from './trains.rules.js';

/** A car with what it is made of. */
export interface StoredCar extends Car {
  readonly applicationId: string;
  readonly releaseId: string;
  readonly release: number;
  /** The environment that the release comes from. */
  readonly fromEnvironment: string | null;
  readonly strategy: Strategy;
  /** What ran there when it began. */
  readonly previousReleaseId: string | null;
  readonly previousRelease: number | null;
  readonly rolloutId: string | null;
  /** The rollout that takes it back. */
  readonly revertId: string | null;
}

/** What an operator asked of a train and no worker has done yet. */
export interface PendingTrainCommand {
  readonly command: TrainCommand;
  readonly by: string;
}

export const readCars = ({ cars }: Pick<TrainModel, 'cars'>): readonly StoredCar[] => cars as unknown as StoredCar[];
export const readLane = ({ lane }: Pick<TrainModel, 'lane'>): Lane | null => lane as unknown as Lane | null;
export const readCommands = (row: Pick<TrainModel, 'commands'>): readonly PendingTrainCommand[] =>
  row.commands as unknown as PendingTrainCommand[];
export const readConsent = ({ freezeConsent }: Pick<TrainModel, 'freezeConsent'>): FreezeConsent | undefined =>
  (freezeConsent as unknown as FreezeConsent | null) ?? undefined;
/** Of cars, commands, a consent and a lane: what JSON holds. */
export const toJson = (value: object): Prisma.InputJsonValue => JSON.parse(JSON.stringify(value));

export function readTrain(row: TrainModel): Train {
  return {
    state: row.state as TrainState,
    gate: row.gate as Train['gate'],
    onFailure: row.onFailure as Train['onFailure'],
    hasLane: row.lane !== null,
    isLaneOver: row.isLaneOver,
    held: row.isHeld,
    stopping: row.stopping as Train['stopping'],
    reverting: row.isReverting,
    reason: row.reason,
    cars: readCars(row),
  };
}

export function toColumns(train: Train, cars: readonly StoredCar[]) {
  return {
    state: train.state,
    isLaneOver: train.isLaneOver,
    isHeld: train.held,
    stopping: train.stopping,
    isReverting: train.reverting,
    reason: train.reason,
    cars: toJson(cars),
  };
}

/** What was decided about the cars, with what they are made of. */
export function withDetails(details: readonly StoredCar[], cars: readonly Car[]): readonly StoredCar[] {
  return details.map((detail) => ({
    ...detail,
    ...cars.find(({ application }) => application === detail.application),
  }));
}
