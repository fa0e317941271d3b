import { readFile } from 'node:fs/promises';
import type { Stoppable } from '../../runtime/index.js';
import type { ClusterView } from '../cluster-view.js';
import type { NetworkContext } from '../context.js';
import { ensureService } from '../host-services.js';
import { createForwarder } from './forward.js';
import type { DnsData } from './records.js';
import { startDnsServer } from './server.js';

export interface ClusterDnsOptions {
  /** Where the server listens: the bridge's address. */
  readonly address: string;
  /** Default 53. */
  readonly port?: number;
  readonly clusterIp: string;
  readonly domain: string;
  readonly resolvConf: string;
}

/** Starts the DNS server and leads the Service `kube-dns` in `kube-system` to it. */
export async function startClusterDns(
  context: NetworkContext,
  view: ClusterView,
  options: ClusterDnsOptions,
): Promise<Stoppable> {
  const { address, domain, clusterIp } = options;
  const port = options.port ?? 53;
  const servers = (await readNameservers(options.resolvConf)).filter((one) => one !== address && one !== clusterIp);
  const server = await startDnsServer({
    address,
    port,
    data: toDnsData(view, domain),
    forwarder: createForwarder(servers, context.clock),
    log: context.log.child({ part: 'dns' }),
  });
  try {
    const ports = [
      { name: 'dns', port: 53, targetPort: port, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, targetPort: port, protocol: 'TCP' },
    ];
    await ensureService(context.client, 'kube-system', 'kube-dns', clusterIp, ports, address);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

async function readNameservers(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '');
}

function toDnsData(view: ClusterView, domain: string): DnsData {
  // Answers to PTR questions are rare and the maps small next to the objects they point to: made when something changed.
  let names: Map<string, string> | undefined;
  view.onChange(() => {
    names = undefined;
  });
  const makeNames = () => {
    const map = new Map<string, string>();
    for (const slice of view.slices.list()) {
      const service = slice.metadata.labels?.['kubernetes.io/service-name'];
      for (const endpoint of slice.endpoints ?? []) {
        if (!endpoint.hostname || service === undefined) continue;
        const full = `${endpoint.hostname}.${service}.${slice.metadata.namespace}.svc.${domain}`;
        for (const address of endpoint.addresses) map.set(address, full);
      }
    }
    for (const { metadata, spec } of view.services.list()) {
      const ip = spec?.clusterIP;
      if (ip && ip !== 'None') map.set(ip, `${metadata.name}.${metadata.namespace}.svc.${domain}`);
    }
    return map;
  };
  return {
    domain,
    findService: view.findService,
    slicesOf: view.slicesOf,
    findByAddress: (ip) => {
      names ??= makeNames();
      return names.get(ip);
    },
    // A namespace without Services has no names that anybody asks for; the pod records need it to exist only formally.
    hasNamespace: () => true,
  };
}
