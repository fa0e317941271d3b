import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Labels, NetworkPolicy } from '../kinds/index.js';
import { applyNft, macOf, prepareKernel } from '../network/kernel.js';
import { createPolicyKernel } from '../network/policy/apply.js';
import { planRules } from '../network/policy/plan.js';
import { policyTable } from '../network/policy/ruleset.js';
import { bridgeFamilyProbe, toRuleset as toServiceRuleset } from '../network/services/ruleset.js';

const run = promisify(execFile);

/** A bridge with the tables of services and policies of its own, for measuring what policies cost. Needs root. */
interface PolicyBench {
  /** Plans and brings into force what these policies of the namespace `load` mean for these pods of it. */
  apply(policies: readonly NetworkPolicy[], pods: readonly { ip: string; labels: Labels }[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startPolicyBench(options: {
  readonly bridge: string;
  readonly table: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
}): Promise<PolicyBench> {
  const { bridge, table, podCidr, serviceCidr } = options;
  const bridgeMac = macOf(bridge);
  await prepareKernel({ bridge, podCidr, serviceCidr, mtu: 1500 });
  const hasBridgeFamily = await applyNft(bridgeFamilyProbe({ table, bridgeMac, podCidr })).then(
    () => true,
    () => false,
  );
  const services = { table, bridge, podCidr, serviceCidr, hasBridgeFamily, bridgeMac, nodePortAddress: '127.0.0.1' };
  await applyNft(toServiceRuleset([], services));
  const kernel = createPolicyKernel({ table, bridge, podCidr, hasBridgeFamily });
  return {
    apply: (policies, pods) =>
      kernel.apply(
        planRules({
          podCidr,
          pods: pods.map((pod, index) => ({ ...pod, namespace: 'load', name: `p${index}`, ports: [] })),
          hostPeers: [],
          namespaces: new Map([['load', { 'kubernetes.io/metadata.name': 'load' }]]),
          policies,
        }),
      ),
    stop: async () => {
      for (const family of ['ip', 'ip6', 'bridge'])
        for (const name of [table, policyTable(table)])
          await applyNft(`delete table ${family} ${name}`).catch(() => undefined);
      await run('ip', ['link', 'del', bridge]);
      for (const range of [podCidr, serviceCidr])
        await run('ip', ['route', 'del', 'unreachable', range, 'metric', '4000000']);
    },
  };
}
