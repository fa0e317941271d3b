/** One port of a Service with where it leads to. */
export interface ServicePort {
  /** For comments: `shop/web:http`. */
  readonly name: string;
  readonly clusterIps: readonly string[];
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly nodePort?: number;
  /** The same client keeps to the same endpoint while the endpoints stay the same. */
  readonly sticky: boolean;
  readonly endpoints: readonly { readonly ip: string; readonly port: number }[];
}

export interface RulesetOptions {
  readonly table: string;
  readonly bridge: string;
  readonly bridgeMac: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** NodePorts answer on this address; `0.0.0.0`: on all of the machine's. */
  readonly nodePortAddress: string;
  /** Whether the kernel has nftables' bridge family. */
  readonly hasBridgeFamily: boolean;
}

/**
 * The whole of our nftables rules as one transaction that replaces the tables. Pure.
 *
 * A packet to a Service jumps through one map lookup to the Service's chain, which picks an endpoint (numgen, or a hash
 * of the source for sticky ones). Pods on one bridge would answer each other directly, past the machine's own address
 * translation: frames from pod to pod are therefore turned to the bridge itself and routed. Where the kernel has no
 * bridge family, pods' traffic through Services is masqueraded instead.
 */
export function toRuleset(ports: readonly ServicePort[], options: RulesetOptions): string {
  const { table, bridge, podCidr, serviceCidr } = options;
  const served = ports.filter((one) => one.endpoints.length > 0);
  const clusterElements = served.flatMap((one, index) =>
    one.clusterIps.map((ip) => `${ip} . ${one.protocol} . ${one.port} : goto svc-${index}`),
  );
  const nodeElements = served.flatMap((one, index) =>
    one.nodePort === undefined ? [] : [`${one.protocol} . ${one.nodePort} : goto svc-${index}`],
  );
  const refusedNodePorts = ports
    .filter((one) => one.endpoints.length === 0 && one.nodePort !== undefined)
    .map((one) => `${one.protocol} . ${one.nodePort}`);
  const hairpins = [...new Set(served.flatMap((one) => one.endpoints.map(({ ip }) => `${ip} . ${ip}`)))];
  const nodeAddress =
    options.nodePortAddress === '0.0.0.0' ? 'fib daddr type local' : `ip daddr ${options.nodePortAddress}`;
  const masqueradePods = options.hasBridgeFamily
    ? []
    : [`ip saddr ${podCidr} ip daddr ${podCidr} ct status dnat masquerade`];
  const lines = [
    ...replace('ip', table),
    `table ip ${table} {`,
    mapOf('services', 'ipv4_addr . inet_proto . inet_service : verdict', clusterElements),
    mapOf('nodeports', 'inet_proto . inet_service : verdict', nodeElements),
    setOf('hairpins', 'ipv4_addr . ipv4_addr', hairpins),
    setOf('refused', 'inet_proto . inet_service', refusedNodePorts),
    ...served.map((one, index) => chainOf(`svc-${index}`, [`# ${one.name}`, toDnat(one)])),
    chainOf('dispatch', [
      `ip daddr ${serviceCidr} ip daddr . meta l4proto . th dport vmap @services`,
      `${nodeAddress} meta l4proto . th dport vmap @nodeports`,
    ]),
    chainOf('prerouting', ['type nat hook prerouting priority dstnat; policy accept;', 'jump dispatch']),
    chainOf('output', ['type nat hook output priority -100; policy accept;', 'jump dispatch']),
    chainOf('postrouting', [
      'type nat hook postrouting priority srcnat; policy accept;',
      `ip saddr 127.0.0.0/8 oifname "${bridge}" masquerade`,
      'ct status dnat ip saddr . ip daddr @hairpins masquerade',
      ...masqueradePods,
      `ip saddr ${podCidr} oifname != "${bridge}" ip daddr != { ${podCidr}, ${serviceCidr}, 127.0.0.0/8 } masquerade`,
    ]),
    // What still has a Service's address here has no endpoint.
    chainOf('refuse', ['meta l4proto tcp reject with tcp reset', 'reject with icmp type port-unreachable']),
    chainOf('forward', [
      'type filter hook forward priority filter; policy accept;',
      `ip daddr ${serviceCidr} jump refuse`,
      `iifname "${bridge}" accept`,
      `oifname "${bridge}" accept`,
    ]),
    chainOf('local', [
      'type filter hook output priority filter; policy accept;',
      `ip daddr ${serviceCidr} jump refuse`,
      // Routing from pod to pod through one interface would tell pods of a shorter way, which there is not.
      `icmp type redirect oifname "${bridge}" drop`,
      `${nodeAddress} meta l4proto . th dport @refused jump refuse`,
    ]),
    '}',
  ];
  if (options.hasBridgeFamily) lines.push(...bridgeTable(options));
  return `${lines.join('\n')}\n`;
}

/** Whether the kernel can turn bridged frames is tried with this: it makes and removes a table with that rule. */
export function bridgeFamilyProbe(options: Pick<RulesetOptions, 'table' | 'bridgeMac' | 'podCidr'>): string {
  const table = `${options.table}_probe`;
  return `${bridgeTable({ ...options, table }).join('\n')}\ndelete table bridge ${table}\n`;
}

function bridgeTable({ table, bridgeMac, podCidr }: Pick<RulesetOptions, 'table' | 'bridgeMac' | 'podCidr'>): string[] {
  return [
    ...replace('bridge', table),
    `table bridge ${table} {`,
    chainOf('prerouting', [
      'type filter hook prerouting priority -300; policy accept;',
      `ip saddr ${podCidr} ip daddr ${podCidr} meta pkttype set host ether daddr set ${bridgeMac}`,
    ]),
    '}',
  ];
}

function replace(family: string, table: string): string[] {
  return [`add table ${family} ${table}`, `delete table ${family} ${table}`];
}

function toDnat(port: ServicePort): string {
  const { endpoints } = port;
  const [only] = endpoints;
  if (only && endpoints.length === 1) return `meta l4proto ${port.protocol} dnat ip to ${only.ip}:${only.port}`;
  const choice = port.sticky ? `jhash ip saddr mod ${endpoints.length}` : `numgen random mod ${endpoints.length}`;
  const elements = endpoints.map(({ ip, port: target }, index) => `${index} : ${ip} . ${target}`);
  return `meta l4proto ${port.protocol} dnat ip to ${choice} map { ${elements.join(', ')} }`;
}

function chainOf(name: string, lines: readonly string[]): string {
  return `  chain ${name} {\n${lines.map((line) => `    ${line}`).join('\n')}\n  }`;
}

function mapOf(name: string, type: string, elements: readonly string[]): string {
  return `  map ${name} {\n    type ${type}\n${elementsOf(elements)}  }`;
}

function setOf(name: string, type: string, elements: readonly string[]): string {
  return `  set ${name} {\n    type ${type}\n${elementsOf(elements)}  }`;
}

function elementsOf(elements: readonly string[]): string {
  return elements.length === 0 ? '' : `    elements = { ${elements.join(',\n      ')} }\n`;
}
