import { APPLICATION, type Api, read } from './api.js';
import type { ApplicationPath } from './follow.js';
import type { AnalysisRun } from './types.js';

type Tally = AnalysisRun['metrics'][number]['candidate'];

/** What was measured of a rollout's new release, and what was found. */
export async function readAnalysisRuns(api: Api, path: ApplicationPath & { id: string }): Promise<AnalysisRun[]> {
  return (await read(api.GET(`${APPLICATION}/rollouts/{id}/analysis-runs`, { params: { path } }))).runs;
}

/** A line for the verdict, and one for each metric with what it stands on. */
export function toEvidence({ step, verdict, reason, metrics, probes }: AnalysisRun): (readonly [string, string])[] {
  return [
    [step ?? 'analysis', [verdict, reason].filter(Boolean).join('  ')],
    ...metrics.map(({ name, verdict, candidate, stable, odds, oddsToFail }): readonly [string, string] => {
      const counts = `new ${describe(candidate)}, stable ${describe(stable)}`;
      return [name, `${verdict}  ${counts}, odds against chance ${odds} : 1 of ${oddsToFail} : 1`];
    }),
    ...probes.map(
      ({ name, verdict, successful, failed, inconclusive, errors, measurements }): readonly [string, string] => {
        const last = measurements.at(-1);
        const counts = `${successful} successful, ${failed} failed, ${inconclusive} inconclusive, ${errors} errors`;
        return [name, `${verdict}  ${counts}${last ? `, the last: ${last.message ?? last.value}` : ''}`];
      },
    ),
  ];
}

const describe = ({ requests, bad }: Tally): string => `${bad} of ${requests} bad`;
