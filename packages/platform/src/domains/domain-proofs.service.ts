import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import { DnsLookup } from './dns-lookup.js';
import {
  challengeName,
  coveringProofs,
  isUnownable,
  judge,
  type Proof,
  parentsOf,
  placesOf,
} from './verification.rules.js';

export interface Proven {
  readonly proof: Proof;
  readonly message: string | null;
}

/** Looks for a tenant's proof of a host name, and changes nothing. */
@Injectable()
export class DomainProofs {
  constructor(
    private readonly database: Database,
    private readonly dns: DnsLookup,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'domainVerification'>,
  ) {}

  /** What the proofs of a tenant are derived from; made when it is first asked for. */
  async seedOf(tenantId: string): Promise<string> {
    const where = { tenantId };
    const found = await this.database.read.domainSeed.findUnique({ where });
    if (found) return found.seed;
    const data = { tenantId, seed: randomBytes(32).toString('base64url') };
    await this.database.read.domainSeed.createMany({ data, skipDuplicates: true });
    return (await this.database.read.domainSeed.findUniqueOrThrow({ where })).seed;
  }

  /** What is known without asking the DNS. */
  async findKnown(tenantId: string, hostname: string): Promise<Proven | undefined> {
    if (isUnownable(hostname)) return { proof: 'unownable', message: null };
    if (this.config.domainVerification === 'off') return { proof: 'off', message: null };
    const above = await this.database.read.domain.findFirst({
      where: {
        tenantId,
        state: 'verified',
        proof: { in: [...coveringProofs] },
        hostname: { in: [...parentsOf(hostname)] },
      },
      select: { hostname: true },
    });
    return above ? { proof: 'parent', message: `The tenant has proven ${above.hostname}.` } : undefined;
  }

  async look(tenantId: string, hostname: string): Promise<Proven | { proof: null; message: string }> {
    const known = await this.findKnown(tenantId, hostname);
    if (known) return known;
    const seed = await this.seedOf(tenantId);
    const answers = await Promise.all(
      placesOf(hostname).map(async (place) => ({ place, answer: await this.dns.txt(challengeName(place)) })),
    );
    const { isProven, message } = judge(seed, hostname, answers);
    return { proof: isProven ? 'dns' : null, message };
  }
}
