import type { Rollout, RolloutSignals } from '@/lib/contract';
import type { Mark } from '@/ui/line-chart';

type Side = RolloutSignals['sides'][number];
type Point = NonNullable<Side['points'][number]>;

/** Of each of the golden signals the number that is drawn. */
export const signals = ['requestsPerSecond', 'errorPercent', 'p99Milliseconds', 'waiting'] as const;
export type Signal = (typeof signals)[number];

/** What a side shows at a time; without one, what was measured last. */
export const pointOf = ({ points }: Side, at: number | undefined): Point | undefined =>
  (at === undefined ? points.findLast((point) => point !== null) : points[at]) ?? undefined;

export const hasPoints = ({ sides }: RolloutSignals): boolean =>
  sides.some(({ points }) => points.some((point) => point !== null));

/** How many times there are. */
export const countOf = ({ sides }: RolloutSignals): number => Math.max(0, ...sides.map(({ points }) => points.length));

export const timeOf = ({ startsAt, stepSeconds }: RolloutSignals, index: number): Date =>
  new Date(Date.parse(startsAt) + index * stepSeconds * 1000);

/** Where each step began. */
export function marksOf(shown: RolloutSignals, steps: Rollout['steps']): readonly Mark[] {
  const count = countOf(shown);
  return steps.flatMap(({ name, startedAt }) => {
    if (!startedAt) return [];
    const index = (Date.parse(startedAt) - Date.parse(shown.startsAt)) / 1000 / shown.stepSeconds;
    return index >= 0 && index <= count - 1 ? [{ index, label: name }] : [];
  });
}

/** The step that was in work at a time. */
export const stepAt = (marks: readonly Mark[], index: number): string | undefined =>
  marks.findLast((mark) => mark.index <= index)?.label;
