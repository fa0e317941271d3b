import { addressAt } from '../cidr.js';
import type { PolicyRules, SetType } from './facts.js';

export interface PolicyTables {
  /** The services' table; the policies' is `<table>_policy`, in three families. */
  readonly table: string;
  readonly bridge: string;
  readonly podCidr: string;
  readonly hasBridgeFamily: boolean;
  /** Where the machine serves the world, which its pods are part of: the gateway. */
  readonly publicPorts?: readonly number[];
}

const setTypes: Readonly<Record<SetType, string>> = {
  address: 'ipv4_addr',
  endpoint: 'ipv4_addr . inet_proto . inet_service',
};

export const noRules: PolicyRules = {
  sets: new Map(),
  chains: new Map(),
  known: new Set(),
  ingress: new Map(),
  egress: new Map(),
};

export function policyTable(table: string): string {
  return `${table}_policy`;
}

/** One transaction that makes the tables anew with these rules. Pure. */
export function toRuleset(rules: PolicyRules, tables: PolicyTables): string {
  return `${frameOf(tables)}${toChanges(noRules, rules, tables)}`;
}

/**
 * What stands whatever the policies are.
 *
 * Egress and ingress are two hooks, as both have to accept. Answers pass; every other packet is asked anew, so that a policy that
 * comes ends what it forbids. A pod's address that is not known yet passes nothing: a pod cannot be faster than its policies. The
 * machine's own traffic to pods goes through no hook of these, but through `output`.
 */
function frameOf({ table, bridge, podCidr, hasBridgeFamily, publicPorts = [] }: PolicyTables): string {
  const name = policyTable(table);
  const own = addressAt(podCidr, 1);
  const world = publicPorts.length > 0 ? [`tcp dport { ${publicPorts.join(', ')} } return`] : [];
  const answers = ['ct direction reply accept', 'ct state related accept'];
  const ip = [
    'map ingress { type ipv4_addr : verdict; }',
    'map egress { type ipv4_addr : verdict; }',
    'set known { type ipv4_addr; }',
    'set self { type ipv4_addr . ipv4_addr; }',
    // The bridge takes loopback addresses (route_localnet, for NodePorts): nobody outside may use them, nor an address not a pod's.
    `chain guard { type filter hook prerouting priority raw; policy accept; iifname "${bridge}" ip daddr 127.0.0.0/8 drop; iifname "${bridge}" ip saddr != ${podCidr} drop; }`,
    'set isolated { type ipv4_addr; }',
    // Whatever the policies of a pod open to it (0.0.0.0/0, usually), the machine is not of it: on the bridge's address are the
    // DNS and what else it serves to pods, each with a policy's consent; on its others are the platform's own ports.
    `chain to-machine { ${[`ip daddr ${own} return`, ...world, 'drop'].join('; ')}; }`,
    // Through a Service a pod may reach itself; no policy forbids that.
    'chain from-pod { ip saddr != @known drop; ip saddr . ip daddr @self accept; ip saddr vmap @egress; }',
    'chain to-pod { ip daddr != @known drop; ip saddr . ip daddr @self accept; ip daddr vmap @ingress; }',
    // 169.254.169.254 gives whoever asks the machine's own credentials in many clouds.
    `chain forward-egress { type filter hook forward priority filter - 10; policy accept; ${answers.join('; ')}; ip saddr @isolated ip daddr 169.254.0.0/16 drop; ip saddr ${podCidr} jump from-pod; }`,
    `chain input-egress { type filter hook input priority filter - 10; policy accept; ${answers.join('; ')}; iifname "${bridge}" ip saddr @isolated jump to-machine; iifname "${bridge}" ip saddr ${podCidr} jump from-pod; }`,
    `chain forward-ingress { type filter hook forward priority filter - 9; policy accept; ${answers.join('; ')}; ip daddr ${podCidr} jump to-pod; }`,
  ];
  // Pods have no IPv6 but the link's own, which no policy would see: neither the machine nor another pod answers it.
  const ip6 = ['input', 'forward'].map(
    (hook) => `chain ${hook} { type filter hook ${hook} priority filter; policy accept; iifname "${bridge}" drop; }`,
  );
  // What pods send to each other is turned to the machine, and where br_netfilter is there it passes the same hooks as it
  // is bridged to the endpoint of a Service. Broadcasts, multicasts and frames with a false source would pass none.
  const bridged = [
    `chain forward { type filter hook forward priority 0; policy accept; ether type ip6 drop; ip saddr ${podCidr} ip daddr != ${podCidr} drop; ip saddr != ${podCidr} ip daddr ${podCidr} drop; }`,
  ];
  return [
    tableOf('ip', name, ip),
    tableOf('ip6', name, ip6),
    ...(hasBridgeFamily ? [tableOf('bridge', name, bridged)] : []),
  ].join('');
}

function tableOf(family: string, name: string, parts: readonly string[]): string {
  const body = parts.map((part) => part.replaceAll('; ', '\n').replace('{ ', '{\n').replace(/;? }$/, '\n}')).join('\n');
  return `add table ${family} ${name}\ndelete table ${family} ${name}\ntable ${family} ${name} {\n${body}\n}\n`;
}

/** The commands that lead from rules that are in force to others; empty where they are the same. Pure. */
export function toChanges(before: PolicyRules, after: PolicyRules, { table }: Pick<PolicyTables, 'table'>): string {
  const name = `ip ${policyTable(table)}`;
  const lines: string[] = [];
  const elements = (verb: 'add' | 'delete', set: string, list: readonly string[]) => {
    if (list.length > 0) lines.push(`${verb} element ${name} ${set} { ${list.join(', ')} }`);
  };
  for (const [set, { type, elements: wanted }] of after.sets) {
    const present = before.sets.get(set);
    if (!present) lines.push(`add set ${name} ${set} { type ${setTypes[type]}; }`);
    elements('add', set, missing(wanted, present?.elements));
  }
  const changed = [...after.chains].filter(([chain, rules]) => !isSame(before.chains.get(chain), rules));
  for (const [chain] of changed)
    lines.push(before.chains.has(chain) ? `flush chain ${name} ${chain}` : `add chain ${name} ${chain}`);
  for (const [chain, rules] of changed) for (const rule of rules) lines.push(`add rule ${name} ${chain} ${rule}`);
  for (const map of ['ingress', 'egress'] as const) {
    const differs = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>) =>
      [...one].filter(([ip, chain]) => other.get(ip) !== chain);
    elements(
      'delete',
      map,
      differs(before[map], after[map]).map(([ip]) => ip),
    );
    elements(
      'add',
      map,
      differs(after[map], before[map]).map(([ip, chain]) => `${ip} : goto ${chain}`),
    );
  }
  const isolated = (rules: PolicyRules) => new Set(rules.egress.keys());
  elements('delete', 'isolated', missing(isolated(before), isolated(after)));
  elements('add', 'isolated', missing(isolated(after), isolated(before)));
  // A pod becomes known after its policies, in the same transaction.
  elements(
    'delete',
    'self',
    missing(before.known, after.known).map((ip) => `${ip} . ${ip}`),
  );
  elements(
    'add',
    'self',
    missing(after.known, before.known).map((ip) => `${ip} . ${ip}`),
  );
  elements('delete', 'known', missing(before.known, after.known));
  elements('add', 'known', missing(after.known, before.known));
  const goneChains = [...before.chains.keys()].filter((chain) => !after.chains.has(chain)).reverse();
  for (const chain of goneChains) lines.push(`flush chain ${name} ${chain}`);
  for (const chain of goneChains) lines.push(`delete chain ${name} ${chain}`);
  for (const [set, { elements: present }] of before.sets) {
    const wanted = after.sets.get(set);
    if (wanted) elements('delete', set, missing(present, wanted.elements));
    else lines.push(`delete set ${name} ${set}`);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function missing(wanted: ReadonlySet<string>, present: ReadonlySet<string> | undefined): string[] {
  return present ? [...wanted].filter((one) => !present.has(one)) : [...wanted];
}

function isSame(one: readonly string[] | undefined, other: readonly string[]): boolean {
  return one !== undefined && one.length === other.length && one.every((line, index) => line === other[index]);
}
