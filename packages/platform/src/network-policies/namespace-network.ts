import { Inject, Injectable } from '@nestjs/common';
import type { KubeClient } from '@slipway/orchestrator/client';
import {
  type NamespacePart,
  type NamespacePlace,
  ProvidesInNamespace,
} from '../environments/namespace-parts.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { ensurePolicy, readInnerRanges } from './apply-policy.js';
import { NetworkPoliciesRepository, toMode, toTenantNetwork } from './network-policies.repository.js';
import { planPolicy } from './network-policies.rules.js';

/** The policy of an environment's namespace: strangers are shut out before its first pod starts. */
@ProvidesInNamespace({ step: 'network policy', order: 40, version: 2 })
@Injectable()
export class NamespaceNetwork implements NamespacePart {
  constructor(
    private readonly networks: NetworkPoliciesRepository,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'gatewayPort' | 'gatewayTlsPort'>,
  ) {}

  async ensure(client: KubeClient, place: NamespacePlace): Promise<void> {
    const rows = await this.networks.listOf(place.tenantId);
    const network = toTenantNetwork(rows.find((row) => row.id === place.tenantId));
    const mode = toMode(rows.find((row) => row.id === place.projectId)?.mode) ?? network.mode;
    const { gatewayPort, gatewayTlsPort } = this.config;
    const policy = planPolicy(place, { ...network, mode }, await readInnerRanges(client), [
      gatewayPort,
      gatewayTlsPort,
    ]);
    await ensurePolicy(client, policy);
  }
}
