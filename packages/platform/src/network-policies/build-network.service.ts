import { Injectable } from '@nestjs/common';
import type { KubeClient } from '@slipway/orchestrator/client';
import { ensurePolicy, readInnerRanges } from './apply-policy.js';
import { NetworkPoliciesRepository, toTenantNetwork } from './network-policies.repository.js';
import { planBuildPolicy } from './network-policies.rules.js';

/** The policy of the namespace in which a tenant's builds run. */
@Injectable()
export class BuildNetwork {
  constructor(private readonly networks: NetworkPoliciesRepository) {}

  /** Before a build pod is made. */
  async ensure(
    client: KubeClient,
    namespace: string,
    tenant: { readonly id: string; readonly name: string },
  ): Promise<void> {
    const rows = await this.networks.listOf(tenant.id);
    const { builds } = toTenantNetwork(rows.find((row) => row.id === tenant.id));
    await ensurePolicy(client, planBuildPolicy(namespace, tenant.name, builds, await readInnerRanges(client)));
  }
}
