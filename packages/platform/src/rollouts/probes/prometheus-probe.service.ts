import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CONFIG, type Configuration } from '../../kernel/config/config.js';
import { AnswerTooLong, askPrometheus } from '../prometheus.js';
import type { Outcome } from './probe.rules.js';
import { confineQuery, type QueryNames } from './promql.rules.js';

const sampleSchema = z.tuple([z.number(), z.string()]);
const answerSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('scalar'), result: sampleSchema }),
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sampleSchema.optional() })) }),
      z.object({ resultType: z.literal('string'), result: sampleSchema }),
      z.object({ resultType: z.literal('matrix') }),
    ]),
  }),
  z.object({ status: z.literal('error'), error: z.string() }),
]);

const timeoutSeconds = 5;
const mostBytes = 1 << 20;

/** Asks Prometheus a tenant's question, over the series of one namespace. */
@Injectable()
export class PrometheusProbe {
  constructor(@Inject(CONFIG) private readonly config: Pick<Configuration, 'prometheusUrl'>) {}

  /** Of a scalar the number, of a vector the numbers of its series. */
  async take(text: string, names: QueryNames, ending: AbortSignal): Promise<Outcome> {
    const confined = confineQuery(text, names);
    if ('refusal' in confined) return { type: 'error', message: confined.refusal };
    const { prometheusUrl } = this.config;
    if (!prometheusUrl) return { type: 'error', message: 'There is no Prometheus here.' };
    const query = { query: confined.query, timeout: `${timeoutSeconds}s` };
    const limits = { timeoutMilliseconds: timeoutSeconds * 1000, ending, mostBytes };
    try {
      return toOutcome(answerSchema.parse(await askPrometheus(prometheusUrl, 'query', query, limits)));
    } catch (error) {
      if (error instanceof AnswerTooLong)
        return { type: 'error', message: 'The query has too many series: aggregate them.' };
      return { type: 'error', message: 'Prometheus does not answer.' };
    }
  }
}

function toOutcome(answer: z.output<typeof answerSchema>): Outcome {
  if (answer.status === 'error') return { type: 'error', message: answer.error };
  const { data } = answer;
  switch (data.resultType) {
    case 'scalar':
      return { type: 'value', value: numberOf(data.result[1]) };
    case 'vector':
      return { type: 'value', value: data.result.flatMap(({ value }) => (value ? [numberOf(value[1])] : [])) };
    case 'string':
      return { type: 'value', value: data.result[1] };
    case 'matrix':
      return { type: 'error', message: 'A range has no result: say what of it, such as avg_over_time(…).' };
  }
}

/** Prometheus writes +Inf and -Inf. */
const numberOf = (text: string): number => Number(text.replace(/Inf$/, 'Infinity'));
