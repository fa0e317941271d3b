import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CONFIG, type Configuration } from '../../kernel/config/config.js';
import { askPrometheus, ofServices } from '../prometheus.js';
import type { Counters, Readings } from './readings.rules.js';

/** The Services whose series are compared, those of a side together. */
export interface ComparedServices {
  readonly namespace: string;
  readonly candidate: readonly string[];
  readonly stable: readonly string[];
}

const requests = 'slipway_gateway_requests_total';
const durations = 'slipway_gateway_request_duration_seconds_bucket';
const waiting = 'slipway_gateway_requests_waiting';
const begun = 'slipway_gateway_answers_begun_total';

const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: z.tuple([z.number(), z.string()]),
      }),
    ),
  }),
});
type Sample = z.output<typeof answerSchema>['data']['result'][number];

/**
 * Reads from Prometheus what the gateway has counted so far. It asks for the counters as they stand, all in one query (so they
 * are of one moment), and leaves differences to the rules: a rate over a few seconds would invent what it did not see.
 */
@Injectable()
export class GatewaySeries {
  constructor(@Inject(CONFIG) private readonly config: Pick<Configuration, 'prometheusUrl'>) {}

  /** Null where Prometheus is away, answers too late, or no gateway is known to it. */
  async read(services: ComparedServices, timeoutMilliseconds: number, ending?: AbortSignal): Promise<Readings | null> {
    const { prometheusUrl } = this.config;
    if (!prometheusUrl) return null;
    try {
      const query = { query: queryOf(services) };
      const answer = await askPrometheus(prometheusUrl, 'query', query, { timeoutMilliseconds, ending });
      const { result } = answerSchema.parse(answer).data;
      // The scrape itself: without it no traffic and no measurement would look the same.
      if (!result.some(({ metric }) => metric['__name__'] === 'up')) return null;
      return { candidate: countersOf(result, services.candidate), stable: countersOf(result, services.stable) };
    } catch {
      return null;
    }
  }
}

function queryOf({ namespace, candidate, stable }: ComparedServices): string {
  const selector = `${ofServices(namespace, [...candidate, ...stable])},pod!="gone"`;
  return [
    `sum by (__name__, service, code, le) ({__name__=~"${requests}|${durations}|${waiting}|${begun}",${selector}})`,
    'max by (__name__) (up{job="gateway-requests"} == 1)',
  ].join(' or ');
}

function countersOf(samples: readonly Sample[], services: readonly string[]): Counters {
  const own = samples.filter(({ metric }) => services.includes(metric['service'] ?? ''));
  const pick = (name: string, label: string): Readonly<Record<string, number>> => {
    const sums: Record<string, number> = {};
    for (const { metric, value } of own) {
      if (metric['__name__'] !== name) continue;
      const key = metric[label] ?? '';
      sums[key] = (sums[key] ?? 0) + Number(value[1]);
    }
    return sums;
  };
  const [one, other] = [pick(waiting, 'none')[''], pick(begun, 'none')['']];
  return {
    codes: pick(requests, 'code'),
    buckets: pick(durations, 'le'),
    ...(one === undefined ? {} : { waiting: one, begun: other ?? 0 }),
  };
}
