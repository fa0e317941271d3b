export type TrainState = 'progressing' | 'paused' | 'healthy' | 'failed' | 'aborted';

export type CarState =
  | 'pending'
  | 'progressing'
  /** Its candidate answers requests of the lane alone. */
  | 'lane'
  | 'paused'
  | 'healthy'
  | 'failed'
  | 'aborted'
  /** Never begun. */
  | 'skipped'
  | 'reverting'
  | 'reverted';

/** One application of a train. */
export interface Car {
  readonly application: string;
  /** Applications that are released before it. */
  readonly after: readonly string[];
  readonly state: CarState;
  readonly message: string | null;
  /** There is a release to go back to. */
  readonly canRevert: boolean;
  /** What was to be done was refused for a while: not again before this time. */
  readonly retryAt: string | null;
}

export interface Train {
  readonly state: TrainState;
  /** How far a car must be before those after it begin. */
  readonly gate: 'healthy' | 'paused';
  readonly onFailure: 'stop' | 'revert';
  /** All candidates stand beside the stable releases before the first of them gets users. */
  readonly hasLane: boolean;
  /** Somebody has had the cars go on from the lane. */
  readonly isLaneOver: boolean;
  readonly held: boolean;
  /** How it will end when all that goes on has ended. */
  readonly stopping: 'failed' | 'aborted' | null;
  readonly reverting: boolean;
  readonly reason: string | null;
  readonly cars: readonly Car[];
}

/** A car's rollout as the train sees it. */
export interface SeenRollout {
  readonly state: 'pending' | 'progressing' | 'paused' | 'healthy' | 'failed' | 'aborted';
  readonly isInLane: boolean;
  /** It goes on when somebody says so, not by itself. */
  readonly waits: boolean;
  readonly message: string | null;
}

export type TrainCommand = 'promote' | 'pause' | 'resume' | 'abort';

/** As they stand now, by application: of a car that goes back, the one that takes it back. */
export type Rollouts = Readonly<Record<string, SeenRollout>>;

export type TrainEvent =
  | { readonly type: 'looked'; readonly rollouts: Rollouts }
  | { readonly type: 'command'; readonly command: TrainCommand; readonly by: string; readonly rollouts: Rollouts }
  /** An action was refused: for good, or until `retryAt`. */
  | {
      readonly type: 'refused';
      readonly car: string;
      readonly message: string;
      readonly retryAt: string | null;
      readonly rollouts: Rollouts;
    };

export interface TrainAction {
  /** `revert` begins the way back; the others are about the car's rollout. */
  readonly do: 'start' | 'promote' | 'abort' | 'revert';
  readonly car: string;
}

export interface TrainDecision {
  readonly train: Train;
  readonly actions: readonly TrainAction[];
}

export const isOver = ({ state }: Pick<Train, 'state'>): boolean =>
  state === 'healthy' || state === 'failed' || state === 'aborted';

/**
 * The whole life of a train:
 *
 *     progressing ⇄ paused → healthy
 *          └─ a car fails, abort → (released cars go back, the last first) → failed, aborted
 *
 * The actions are done in the transaction that writes the decision down, so each is done once. A train that is over does not change.
 */
export function decideTrain(train: Train, event: TrainEvent, now: Date): TrainDecision {
  if (isOver(train)) return { train, actions: [] };
  switch (event.type) {
    case 'looked':
      return moveOn(see(train, event.rollouts), now);
    case 'command':
      return obey(see(train, event.rollouts), event, now);
    case 'refused':
      return { train: refuse(see(train, event.rollouts), event), actions: [] };
  }
}

/** Do all candidates answer requests of the lane, and only those? */
export const isLaneUp = ({ cars }: { readonly cars: readonly Pick<Car, 'state'>[] }): boolean =>
  cars.every(({ state }) => state === 'lane');

const isLive = ({ state }: Car): boolean => state === 'progressing' || state === 'paused' || state === 'lane';

/** What became of the rollouts. */
function see(train: Train, rollouts: Rollouts): Train {
  return { ...train, cars: train.cars.map((car) => seeCar(car, rollouts[car.application])) };
}

function seeCar(car: Car, rollout: SeenRollout | undefined): Car {
  if (!rollout) return car;
  const { state, message } = rollout;
  if (car.state === 'reverting') {
    if (state === 'healthy') return { ...car, state: 'reverted', message: null };
    if (state === 'failed' || state === 'aborted')
      return { ...car, state: 'failed', message: `It could not be sent back: ${message}` };
    return { ...car, message };
  }
  if (!isLive(car)) return car;
  // What it waits for in the lane was said when it was refused.
  if (rollout.isInLane) return { ...car, state: 'lane', message: car.retryAt === null ? null : car.message };
  return { ...car, state: state === 'pending' ? 'progressing' : state, message };
}

function moveOn(train: Train, now: Date): TrainDecision {
  const broken = train.cars.find(({ state }) => state === 'failed' || state === 'aborted');
  if (broken && train.stopping === null) {
    const reason = `${broken.application}: ${broken.message ?? broken.state}`;
    return windDown({ ...train, stopping: 'failed', reverting: train.onFailure === 'revert', reason }, now);
  }
  if (train.stopping !== null) return windDown(train, now);
  if (train.cars.every(({ state }) => state === 'healthy'))
    return { train: { ...train, state: 'healthy', held: false, reason: null }, actions: [] };
  if (train.held) return { train: { ...train, state: 'paused', reason: 'Held.' }, actions: [] };
  if (train.hasLane && !train.isLaneOver) return fillLane(train, now);
  const ready = train.cars.filter((car) => isDue(car, now) && areBeforeThrough(train, car));
  const starts = ready.filter(({ state }) => state === 'pending').map(({ application: car }) => act('start', car));
  const promotes = ready.filter(({ state }) => state === 'lane').map(({ application: car }) => act('promote', car));
  return { train: named(begun(train, [...starts, ...promotes])), actions: [...starts, ...promotes] };
}

const act = (what: TrainAction['do'], car: string): TrainAction => ({ do: what, car });

const isDue = ({ retryAt }: Car, now: Date): boolean => retryAt === null || now.getTime() >= Date.parse(retryAt);

/** Are all cars that this one comes after far enough? */
function areBeforeThrough({ cars, gate }: Train, { after }: Car): boolean {
  return after.every((name) => {
    const state = cars.find(({ application }) => application === name)?.state;
    return state === 'healthy' || (gate === 'paused' && state === 'paused');
  });
}

/** All candidates come up at once: none of them has users yet. */
function fillLane(train: Train, now: Date): TrainDecision {
  const pending = train.cars.filter((car) => car.state === 'pending' && isDue(car, now));
  const actions = pending.map(({ application }) => act('start', application));
  if (isLaneUp(train))
    return { train: { ...train, state: 'paused', reason: 'The lane is up and waits for a promotion.' }, actions };
  return { train: { ...begun(train, actions), state: 'progressing', reason: 'The lane comes up.' }, actions };
}

/** The cars after what was begun with them. */
function begun(train: Train, actions: readonly TrainAction[]): Train {
  const moved = new Set(actions.map(({ car }) => car));
  const cars = train.cars.map((car) =>
    moved.has(car.application) ? { ...car, state: 'progressing' as const, message: null, retryAt: null } : car,
  );
  return { ...train, cars };
}

/** A train is paused where nothing of it moves and a car waits for somebody. */
function named(train: Train): Train {
  const waits = train.cars.filter(({ state }) => state === 'paused').map(({ application }) => application);
  const isMoving = train.cars.some(({ state }) => state === 'progressing');
  if (waits.length === 0 || isMoving) return { ...train, state: 'progressing', reason: null };
  return { ...train, state: 'paused', reason: `Waits at ${waits.join(', ')}.` };
}

/** Nothing more begins; what goes on ends, and what was released goes back where that is wanted, the last first. */
function windDown(train: Train, now: Date): TrainDecision {
  const stopped: Train = {
    ...train,
    held: false,
    cars: train.cars.map((car) => (car.state === 'pending' ? { ...car, state: 'skipped', retryAt: null } : car)),
  };
  const aborts = stopped.cars
    .filter((car) => isLive(car) && (train.reverting || train.stopping === 'aborted' || car.state === 'lane'))
    .map(({ application }) => act('abort', application));
  const goesBack = (car: Car): boolean => train.reverting && car.state === 'healthy' && car.canRevert;
  const isSettled = (car: Car): boolean => !isLive(car) && car.state !== 'reverting' && !goesBack(car);
  const reverts = stopped.cars
    .filter((car) => goesBack(car) && isDue(car, now))
    .filter(({ application }) => stopped.cars.filter(({ after }) => after.includes(application)).every(isSettled))
    .map(({ application }) => act('revert', application));
  if (stopped.cars.every(isSettled)) return { train: { ...stopped, state: train.stopping ?? 'failed' }, actions: [] };
  const moved = new Set(reverts.map(({ car }) => car));
  const cars = stopped.cars.map((car) =>
    moved.has(car.application) ? { ...car, state: 'reverting' as const, message: null, retryAt: null } : car,
  );
  return { train: { ...stopped, state: 'progressing', cars }, actions: [...aborts, ...reverts] };
}

function obey(train: Train, { command, by, rollouts }: TrainEvent & { type: 'command' }, now: Date): TrainDecision {
  if (command === 'abort') {
    if (train.stopping === 'aborted') return moveOn(train, now);
    const reason = train.stopping === null ? `Aborted by ${by}.` : train.reason;
    return windDown({ ...train, stopping: 'aborted', reverting: train.onFailure === 'revert', reason }, now);
  }
  if (train.stopping !== null) return moveOn(train, now);
  switch (command) {
    case 'pause':
      return moveOn({ ...train, held: true }, now);
    case 'resume':
      return moveOn({ ...train, held: false }, now);
    case 'promote': {
      if (isLaneUp(train)) return moveOn({ ...train, held: false, isLaneOver: true }, now);
      const released = { ...train, held: false };
      const waiting = train.cars.filter(
        ({ application, state }) => state === 'paused' && rollouts[application]?.waits === true,
      );
      // In their order: a car goes on when all before it are done.
      const first = waiting.filter(({ after }) =>
        after.every((name) => train.cars.find(({ application }) => application === name)?.state === 'healthy'),
      );
      const promotes = first.map(({ application }) => act('promote', application));
      const next = moveOn(released, now);
      return { train: named(begun(next.train, promotes)), actions: [...promotes, ...next.actions] };
    }
  }
}

/** What cannot be done at all breaks the car; what a freeze holds up is tried again. */
function refuse(train: Train, { car: name, message, retryAt }: TrainEvent & { type: 'refused' }): Train {
  const cars = train.cars.map((car): Car => {
    if (car.application !== name) return car;
    if (retryAt !== null) return { ...car, message, retryAt };
    // Its release stands and stays.
    if (car.state === 'healthy') return { ...car, message: `It could not be sent back: ${message}`, canRevert: false };
    return { ...car, state: 'failed', message };
  });
  return { ...train, cars };
}

export interface PlannedCar {
  readonly application: string;
  readonly after: readonly string[];
}

/** What is wrong with the order of a train, by the path of the field. */
export function refuseOrder(cars: readonly PlannedCar[]): readonly { path: string; message: string }[] {
  const names = cars.map(({ application }) => application);
  const refusals = cars.flatMap(({ application, after }, index) => [
    ...(names.indexOf(application) < index
      ? [{ path: `cars.${index}.application`, message: `${application} is a car already.` }]
      : []),
    ...after.flatMap((name, at) => {
      const path = `cars.${index}.after.${at}`;
      if (name === application) return [{ path, message: 'A car does not come after itself.' }];
      if (!names.includes(name)) return [{ path, message: `${name} is no car of this train.` }];
      return after.indexOf(name) < at ? [{ path, message: `${name} is named twice.` }] : [];
    }),
  ]);
  if (refusals.length > 0) return refusals;
  const circle = cars.findIndex(({ application }) => isBehind(cars, application, application));
  return circle < 0 ? [] : [{ path: `cars.${circle}.after`, message: 'These cars wait for each other in a circle.' }];
}

/** Does `name` come, by any way, after `wanted`? */
function isBehind(cars: readonly PlannedCar[], name: string, wanted: string): boolean {
  const seen = new Set<string>();
  const rest = [name];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    for (const before of cars.find(({ application }) => application === next)?.after ?? []) {
      if (before === wanted) return true;
      if (!seen.has(before)) rest.push(before);
      seen.add(before);
    }
  }
  return false;
}
