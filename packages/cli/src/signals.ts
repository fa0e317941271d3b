import { type Column, renderTable } from './table.js';
import type { RolloutSignals } from './types.js';

type Side = RolloutSignals['sides'][number];

interface Row extends Pick<Side, 'side' | 'release'> {
  readonly point: NonNullable<Side['points'][number]>;
}

const rounded = (value: number | null, unit: string): string => (value === null ? '-' : `${value} ${unit}`);

const columns: readonly Column<Row>[] = [
  { header: 'RELEASE', value: ({ release }) => release },
  { header: 'SIDE', value: ({ side }) => side },
  { header: 'REQUESTS', value: ({ point }) => `${point.requestsPerSecond}/s` },
  { header: 'ERRORS', value: ({ point }) => rounded(point.errorPercent, '%') },
  { header: 'P50', value: ({ point }) => rounded(point.p50Milliseconds, 'ms') },
  { header: 'P99', value: ({ point }) => rounded(point.p99Milliseconds, 'ms') },
  { header: 'WAITING', value: ({ point }) => point.waiting },
];

/** What was measured last of each side of a rollout. */
export function renderSignals({ isMeasured, sides }: RolloutSignals): string {
  if (!isMeasured) return 'The series of the gateway cannot be read now: Prometheus does not answer.';
  if (sides.length === 0) return 'The rollout has not begun.';
  const rows = sides.flatMap(({ side, release, points }) => {
    const point = points.findLast((each) => each !== null);
    return point ? [{ side, release, point }] : [];
  });
  return rows.length === 0
    ? 'Nothing was measured: nobody has asked, or it is no longer kept.'
    : renderTable(rows, columns);
}
