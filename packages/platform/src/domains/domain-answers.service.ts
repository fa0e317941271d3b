import { Inject, Injectable } from '@nestjs/common';
import { KubeError } from '@slipway/orchestrator/client';
import { secrets } from '@slipway/orchestrator/kinds';
import type { PlacementScope } from '../applications/application-scopes.service.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import type { DomainCertificateModel, DomainModel } from '../kernel/database/index.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { certificateSecretName, factsSchema, problemSchema, stateOf } from './certificates.rules.js';
import { DomainProofs } from './domain-proofs.service.js';
import { type DomainAnswer, domainSchema } from './domains.dto.js';
import { domainUrl } from './domains.rules.js';
import { type SeenCertificate, seeSecret } from './seen-certificates.rules.js';
import { challengeName, challengeValue, tokenOf } from './verification.rules.js';

export type WholeDomain = DomainModel & { readonly certificate: DomainCertificateModel | null };

/** Domains as they are told: with what is to be published, and with what the Secrets hold now. */
@Injectable()
export class DomainAnswers {
  constructor(
    private readonly proofs: DomainProofs,
    private readonly clusters: ClustersService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  async toAnswers(scope: PlacementScope, rows: readonly WholeDomain[]): Promise<DomainAnswer[]> {
    const isPending = rows.some(({ state }) => state === 'pending');
    const seed = isPending ? await this.proofs.seedOf(scope.tenant.id) : '';
    return Promise.all(rows.map((row) => this.toAnswer(scope, row, seed)));
  }

  /** What a Secret of the environment's namespace holds for a host name; undefined where the cluster does not say. */
  async see(scope: PlacementScope, name: string, hostname: string): Promise<SeenCertificate | undefined> {
    const { namespace, cluster } = scope.environment;
    try {
      const found = await this.clusters.use(cluster, (client) => client.find(secrets, name, namespace));
      return seeSecret(found, { name, namespace, hostname, now: this.clock.now() });
    } catch (error) {
      if (error instanceof KubeError || error instanceof SlipwayError) return undefined;
      throw error;
    }
  }

  private async toAnswer(scope: PlacementScope, row: WholeDomain, seed: string): Promise<DomainAnswer> {
    const time = (at: Date | null) => at?.toISOString() ?? null;
    const value = () => challengeValue(tokenOf(seed, row.hostname));
    return domainSchema.parse({
      id: row.id,
      name: row.hostname,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
      version: row.version,
      hostname: row.hostname,
      isDefault: row.isDefault,
      url: domainUrl(row, this.config),
      state: row.state,
      challenge: row.state === 'pending' ? { type: 'TXT', name: challengeName(row.hostname), value: value() } : null,
      proof: row.proof,
      verifiedAt: time(row.verifiedAt),
      lastCheckedAt: time(row.lastCheckedAt),
      nextCheckAt: time(row.nextCheckAt),
      message: row.message,
      https: row.https,
      certificate: row.certificate && (await this.describe(scope, row.hostname, row.certificate)),
      plan: null,
    });
  }

  private async describe(scope: PlacementScope, hostname: string, row: DomainCertificateModel) {
    const { secretName, lookedAt } = row;
    const kept = {
      facts: factsSchema.nullable().parse(row.facts),
      problem: problemSchema.nullable().parse(row.problem),
    };
    const seen = secretName === null ? kept : await this.see(scope, secretName, hostname);
    const { facts, problem } = seen ?? kept;
    const { state, message } = stateOf(facts, problem, this.clock.now());
    const past = `The cluster does not answer: so it was at ${lookedAt.toISOString()}.`;
    return {
      ...facts,
      secret: secretName ?? certificateSecretName(scope.application.name, hostname),
      uploaded: secretName === null,
      state,
      message: seen ? message : [past, message].filter(Boolean).join(' '),
    };
  }
}
