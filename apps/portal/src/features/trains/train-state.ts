import type { Train } from '../../lib/contract';
import type { StatusTone } from '../../ui/status';

export type TrainCommand = 'promote' | 'pause' | 'resume' | 'abort';
export type Car = Train['cars'][number];

export const isOver = ({ state }: Pick<Train, 'state'>): boolean =>
  state === 'healthy' || state === 'failed' || state === 'aborted';

export const toneOf: Readonly<Record<Car['state'], StatusTone>> = {
  pending: 'idle',
  progressing: 'progressing',
  lane: 'degraded',
  paused: 'degraded',
  healthy: 'healthy',
  failed: 'failed',
  aborted: 'idle',
  skipped: 'idle',
  reverting: 'progressing',
  reverted: 'idle',
};

type Ordered = Pick<Car, 'application' | 'after'>;

/** The cars side by side that go at once; each group after all that it waits for. */
export function stagesOf<T extends Ordered>(cars: readonly T[]): readonly (readonly T[])[] {
  const stages: T[][] = [];
  let rest = [...cars];
  while (rest.length > 0) {
    const left = new Set(rest.map(({ application }) => application));
    const free = rest.filter(({ after }) => !after.some((name) => left.has(name)));
    // In a circle nothing is free: the API refuses it, and here it is one group.
    const stage = free.length > 0 ? free : rest;
    stages.push(stage);
    rest = rest.filter((car) => !stage.includes(car));
  }
  return stages;
}
