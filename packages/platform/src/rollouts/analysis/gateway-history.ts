import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Configuration } from '../../kernel/config/config.js';
import { askRange, ofServices } from '../prometheus.js';
import type { PastTraffic } from '../strategy-dry-run.rules.js';

/** The Services of a placement, whichever of them was the stable one then. */
interface PastServices {
  readonly namespace: string;
  readonly names: readonly string[];
}

interface Span {
  readonly until: Date;
  readonly hours: number;
}

const timeoutMilliseconds = 5000;
const mostBuckets = 480;
/** A window must hold several scrapes. */
const leastBucketSeconds = 15;

/** Reads from Prometheus how many requests the gateway sent to a placement in the last hours, and how many of them failed. */
@Injectable()
export class GatewayHistory {
  constructor(@Inject(CONFIG) private readonly config: Pick<Configuration, 'prometheusUrl'>) {}

  /** Null where Prometheus is away or answers too late. A time without a sample has no numbers. */
  async read({ namespace, names }: PastServices, { until, hours }: Span): Promise<PastTraffic | null> {
    const { prometheusUrl } = this.config;
    if (!prometheusUrl) return null;
    const bucketSeconds = Math.max(leastBucketSeconds, Math.ceil((hours * 3600) / mostBuckets));
    const count = Math.floor((hours * 3600) / bucketSeconds);
    const start = Math.floor(until.getTime() / 1000) - (count - 1) * bucketSeconds;
    const query = `sum by (code) (increase(slipway_gateway_requests_total{${ofServices(namespace, names)}}[${bucketSeconds}s]))`;
    try {
      const range = { start, stepSeconds: bucketSeconds, count };
      const buckets = new Map<number, { requests: number; failed: number }>();
      for (const { labels, values } of await askRange(prometheusUrl, query, range, { timeoutMilliseconds }))
        for (const [index, requests] of values) {
          const bucket = buckets.get(index) ?? { requests: 0, failed: 0 };
          const failed = Number(labels['code']) >= 500 ? requests : 0;
          buckets.set(index, { requests: bucket.requests + requests, failed: bucket.failed + failed });
        }
      return {
        startsAt: new Date((start - bucketSeconds) * 1000),
        bucketSeconds,
        buckets: Array.from({ length: count }, (_, index) => buckets.get(index) ?? null),
      };
    } catch {
      return null;
    }
  }
}
