import { join } from 'node:path';
import type { Pod } from '../kinds/index.js';
import type { Stoppable } from '../runtime/index.js';
import { addressAt } from './cidr.js';
import { createClusterView } from './cluster-view.js';
import { writeConflist } from './cni.js';
import type { NetworkContext } from './context.js';
import { startClusterDns } from './dns/cluster-dns.js';
import { type StartGatewayOptions, startGateway } from './gateway/index.js';
import { type HostService, startHostServices } from './host-services.js';
import { applyNft, defaultMtu, macOf, passBridgedPackets, prepareKernel } from './kernel.js';
import { type NetworkPolicies, startNetworkPolicies } from './policy/controller.js';
import type { HostPeer } from './policy/facts.js';
import { startServiceRules } from './services/controller.js';
import { bridgeFamilyProbe } from './services/ruleset.js';

export interface NetworkOptions {
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly bridge: string;
  readonly nftTable: string;
  /** containerd's CNI `conf_dir`. */
  readonly cniConfDirectory: string;
  /** SLIPWAY_CLUSTER_DIR: addresses in use are kept in `cni-ipam/` here. */
  readonly directory: string;
  /** Default `cluster.local`. */
  readonly clusterDomain?: string;
  /** NodePorts answer on this address. */
  readonly bindAddress: string;
  /** Where the API server listens; pods reach it as `kubernetes.default.svc`. */
  readonly apiServer: { readonly address: string; readonly port: number };
  readonly hostServices: readonly HostService[];
  readonly resolvConf?: string;
  readonly dnsPort?: number;
  /** Left out: no gateway controller. */
  readonly gateway?: StartGatewayOptions;
  /** False where containers do not run (simulated nodes): only the gateway controller and the cluster's Services. */
  readonly kernel: boolean;
}

export interface ClusterAddresses {
  readonly gateway: string;
  readonly kubernetes: string;
  readonly dns: string;
}

/** The addresses that follow from the ranges: the bridge's, the `kubernetes` Service's (1st) and the DNS's (10th). */
export function clusterAddresses(podCidr: string, serviceCidr: string): ClusterAddresses {
  return {
    gateway: addressAt(podCidr, 1),
    kubernetes: addressAt(serviceCidr, 1),
    dns: addressAt(serviceCidr, 10),
  };
}

export interface Network extends Stoppable {
  /** Resolves when the network policies are in force for a pod that has just got this address; the node waits for it. */
  admit(pod: Pod, ip: string): Promise<void>;
}

/**
 * Starts what connects pods: bridge and routes, CNI configuration, Services, DNS, the machine's own services for pods,
 * and the gateway controller. What it made in the kernel stays when it stops, so that traffic goes on.
 */
export async function startNetwork(context: NetworkContext, options: NetworkOptions): Promise<Network> {
  const own: NetworkContext = { ...context, log: context.log.child({ part: 'network' }) };
  const { podCidr, serviceCidr, bridge, nftTable } = options;
  const addresses = clusterAddresses(podCidr, serviceCidr);
  const domain = options.clusterDomain ?? 'cluster.local';
  const started: Stoppable[] = [];
  let policies: NetworkPolicies | undefined;
  const stop = async () => {
    for (const one of started.reverse()) await one.stop();
  };
  try {
    if (options.kernel) {
      const mtu = await defaultMtu();
      await prepareKernel({ bridge, podCidr, serviceCidr, mtu });
      const ipamDirectory = join(options.directory, 'cni-ipam');
      await writeConflist(options.cniConfDirectory, { bridge, podCidr, mtu, ipamDirectory });
    }
    const view = await createClusterView(own);
    started.push(view);
    if (options.kernel) {
      const rules = { table: nftTable, bridge, bridgeMac: macOf(bridge), podCidr, serviceCidr };
      const hasBridgeFamily = await applyNft(bridgeFamilyProbe(rules)).then(
        () => true,
        () => false,
      );
      if (!hasBridgeFamily) {
        own.log.info({}, 'no nftables bridge family here: traffic through Services is masqueraded');
        if (!(await passBridgedPackets())) {
          own.log.warn(
            {},
            'network policies are not in force between pods: load the kernel module br_netfilter and restart',
          );
        }
      }
      started.push(
        await startServiceRules(own, view, { ...rules, hasBridgeFamily, nodePortAddress: options.bindAddress }),
      );
      const { resolvConf = '/etc/resolv.conf', dnsPort: port } = options;
      const dns = { address: addresses.gateway, port, clusterIp: addresses.dns, domain, resolvConf };
      started.push(await startClusterDns(own, view, dns));
      const kubernetes: HostService = {
        namespace: 'default',
        name: 'kubernetes',
        portName: 'https',
        port: 443,
        clusterIp: addresses.kubernetes,
        target: options.apiServer,
      };
      const hostServices = [kubernetes, ...options.hostServices];
      started.push(await startHostServices(own, hostServices, addresses.gateway));
      const hostPeers = [
        dnsPeer(addresses.gateway, port ?? 53),
        ...hostServices.map((one) => toPeer(one, addresses.gateway)),
      ];
      const { gateway } = options;
      const publicPorts = [gateway?.httpPort, gateway?.tlsPort].filter((port) => port !== undefined);
      policies = await startNetworkPolicies(
        own,
        { table: nftTable, bridge, podCidr, hasBridgeFamily, publicPorts },
        hostPeers,
      );
      started.push(policies);
    }
    if (options.gateway) started.push(await startGateway(own, options.gateway));
    return { stop, admit: async (pod, ip) => policies?.admit(pod, ip) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As policies written for other clusters select the DNS: by the labels of its pods. */
function dnsPeer(ip: string, port: number): HostPeer {
  const ports = [
    { name: 'dns', protocol: 'UDP', port },
    { name: 'dns-tcp', protocol: 'TCP', port },
  ];
  return { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' }, ip, ports };
}

function toPeer({ namespace, name, portName, target }: HostService, ip: string): HostPeer {
  const labels = { 'app.kubernetes.io/name': name };
  return { namespace, labels, ip, ports: [{ name: portName, protocol: 'TCP', port: target.port }] };
}
