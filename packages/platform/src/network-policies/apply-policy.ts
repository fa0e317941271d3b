import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '@slipway/orchestrator/client';
import { type NetworkPolicy, networkPolicies, nodes } from '@slipway/orchestrator/kinds';
import { innerRanges, policyName } from './network-policies.rules.js';

/** The cluster's own ranges, as its nodes tell them. */
export async function readInnerRanges(client: KubeClient): Promise<string[]> {
  const { items } = await client.list(nodes, {});
  return innerRanges(
    items.map(({ spec, status }) => ({
      podCidrs: spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []),
      addresses: (status?.addresses ?? []).map((one) => one.address),
    })),
  );
}

/** Writes the policy where another one stands. */
export async function ensurePolicy(client: KubeClient, policy: NetworkPolicy): Promise<void> {
  const { namespace = '' } = policy.metadata;
  const existing = await client.find(networkPolicies, policyName, namespace);
  if (isDeepStrictEqual(existing?.spec, policy.spec)) return;
  await client.patch(networkPolicies, policyName, namespace, policy, { type: 'apply', force: true });
}
