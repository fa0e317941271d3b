import type { AnalysisMetric, Strategy } from '../../lib/contract';

/** A result as it is stored (JSON, maybe cut short) as a number to draw: of a list, its first one. */
export function toNumber(value: string | null): number | undefined {
  try {
    const read: unknown = JSON.parse(value ?? '');
    const first: unknown = Array.isArray(read) ? read[0] : read;
    return typeof first === 'number' && Number.isFinite(first) ? first : undefined;
  } catch {
    return undefined;
  }
}

/** What a strategy says of a metric of one's own; the first one of that name. Undefined for a web hook. */
export function findMetric(strategy: Strategy, name: string): AnalysisMetric | undefined {
  const analyses =
    strategy.type === 'canary'
      ? [...strategy.steps.map((step) => step.analysis ?? step.experiment?.analysis), strategy.analysis]
      : strategy.type === 'blueGreen'
        ? [strategy.prePromotionAnalysis, strategy.postPromotionAnalysis]
        : [];
  return analyses.flatMap((analysis) => analysis?.metrics ?? []).find((metric) => metric.name === name);
}

/** What is measured, in one line: the query, the address or the command. */
export function describeProvider({ provider }: AnalysisMetric): string {
  if (provider?.prometheus) return provider.prometheus.query;
  if (provider?.web) return `${provider.web.method ?? 'GET'} ${provider.web.url}`;
  return provider?.job?.command.join(' ') ?? '';
}
