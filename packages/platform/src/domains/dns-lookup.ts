import { Resolver } from 'node:dns/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import type { TxtAnswer } from './verification.rules.js';

const oneTryMilliseconds = 2_000;
const wholeMilliseconds = 6_000;
/** Whoever publishes more than that under the name of a challenge is not heard out. */
const mostRecords = 50;
const longestRecord = 1_024;

/** The DNS, as far as proofs of host names are looked for in it: SLIPWAY_DNS_SERVERS, or the machine's own. Never throws. */
@Injectable()
export class DnsLookup {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'dnsServers'>,
    private readonly clock: Clock,
  ) {}

  /** The TXT records of a name, the strings of each put together. */
  async txt(name: string): Promise<TxtAnswer> {
    const resolver = new Resolver({ timeout: oneTryMilliseconds, tries: 2 });
    if (this.config.dnsServers.length > 0) resolver.setServers(this.config.dnsServers);
    const done = new AbortController();
    const cut = this.clock.sleep(wholeMilliseconds, done.signal).then(() => resolver.cancel());
    try {
      const records = await resolver.resolveTxt(name);
      return { found: records.slice(0, mostRecords).map((strings) => strings.join('').slice(0, longestRecord)) };
    } catch (error) {
      return { failed: failureOf(error) };
    } finally {
      done.abort();
      await cut;
    }
  }
}

function failureOf(error: unknown): Extract<TxtAnswer, { failed: unknown }>['failed'] {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOTFOUND':
      return 'no-name';
    case 'ENODATA':
      return 'no-record';
    case 'ETIMEOUT':
    case 'ECANCELLED':
    case 'ECONNREFUSED':
      return 'timeout';
    case 'ESERVFAIL':
      return 'server-failure';
    default:
      return 'refused';
  }
}
