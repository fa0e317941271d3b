import { execFileSync, spawn } from 'node:child_process';
import { connect, createServer, type Server } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LabelSelector, Labels, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../kinds/index.js';
import { addressAt, parseCidr } from '../cidr.js';
import { applyNft, macOf, prepareKernel } from '../kernel.js';
import { bridgeFamilyProbe, toRuleset as toServiceRuleset } from '../services/ruleset.js';
import { createPolicyKernel, type PolicyKernel } from './apply.js';
import type { HostPeer, Observed, PodFact } from './facts.js';
import { planRules } from './plan.js';
import { type PolicyTables, policyTable } from './ruleset.js';
import { createTestPod, type Probe, type TestPod } from './testing/pods.js';
import { isPermitted } from './testing/reference.js';

const bridge = 'slwpoltest';
const table = 'slipway_poltest';
const podCidr = '100.97.0.0/17';
const serviceCidr = '100.97.128.0/17';
const gateway = addressAt(podCidr, 1);
const ports = [
  { name: 'http', protocol: 'TCP', port: 8080 },
  { name: 'admin', protocol: 'TCP', port: 9000 },
  { name: 'dns', protocol: 'UDP', port: 5353 },
];
const namespaces = new Map<string, Labels>([
  ['shop', { 'kubernetes.io/metadata.name': 'shop', team: 'red' }],
  ['bank', { 'kubernetes.io/metadata.name': 'bank', team: 'blue' }],
  ['system', { 'kubernetes.io/metadata.name': 'system' }],
]);
const podOf = (index: number, namespace: string, app: string): PodFact => ({
  namespace,
  name: `${app}-${index}`,
  ip: addressAt(podCidr, 10 + index),
  labels: { app, side: index % 2 === 0 ? 'even' : 'odd' },
  ports,
});
const facts = [
  podOf(0, 'shop', 'web'),
  podOf(1, 'shop', 'db'),
  podOf(2, 'bank', 'web'),
  podOf(3, 'bank', 'db'),
  podOf(4, 'bank', 'db'),
];
const dns: HostPeer = {
  namespace: 'system',
  labels: { app: 'dns' },
  ip: gateway,
  ports: [{ name: 'http', protocol: 'TCP', port: 5300 }],
};
/** Stands for the gateway's, on every address of the machine. */
const gatewayPort = 5303;
/** Leads to the first pod's port 8080. */
const service = { ip: addressAt(serviceCidr, 20), port: 80 };

let tables: PolicyTables;
let kernel: PolicyKernel;
const pods: TestPod[] = [];
let hostServer: Server;

const world = (policies: readonly NetworkPolicy[], list: readonly PodFact[] = facts): Observed => ({
  podCidr,
  pods: list,
  hostPeers: [dns],
  namespaces,
  policies,
});
const policy = (name: string, namespace: string, spec: NetworkPolicy['spec']): NetworkPolicy => ({
  metadata: { name, namespace },
  spec,
});
const denyAll = (namespace: string) =>
  policy('deny', namespace, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
const tcp = (ip: string, port = 8080): Probe => ({ ip, port, protocol: 'TCP' });
const pod = (index: number): TestPod => {
  const found = pods[index];
  if (!found) throw new Error('no such pod');
  return found;
};
const ask = async (index: number, call: Probe) => (await pod(index).probe([call]))[0];
/** Waits for long, as a machine under load may answer late. */
const patienceMs = 8000;
const reaches = async (index: number, call: Probe) => (await pod(index).probe([call], patienceMs))[0];
/** Not the same as of a run that was broken off. */
const podName = (index: number) => `sp${process.pid}x${index}`;
const hasBridge = async () =>
  applyNft(bridgeFamilyProbe({ table, bridgeMac: macOf(bridge), podCidr })).then(
    () => true,
    () => false,
  );

beforeAll(async () => {
  await prepareKernel({ bridge, podCidr, serviceCidr, mtu: 1500 });
  const hasBridgeFamily = await hasBridge();
  tables = { table, bridge, podCidr, hasBridgeFamily, publicPorts: [gatewayPort] };
  const [first] = facts;
  const port = {
    name: 'shop/web:http',
    clusterIps: [service.ip],
    protocol: 'tcp' as const,
    port: 80,
    sticky: false,
    endpoints: [{ ip: first?.ip ?? '', port: 8080 }],
  };
  await applyNft(
    toServiceRuleset([port], { ...tables, serviceCidr, bridgeMac: macOf(bridge), nodePortAddress: '127.0.0.1' }),
  );
  kernel = createPolicyKernel(tables);
  await kernel.apply(planRules(world([])));
  hostServer = createServer((socket) => socket.pipe(socket).on('error', () => undefined));
  await new Promise<void>((resolve) => hostServer.listen(5300, gateway, resolve));
  const { prefix } = parseCidr(podCidr);
  for (const [index, { ip }] of facts.entries()) {
    pods.push(await createTestPod({ name: podName(index), bridge, ip, prefix, gateway, ports }));
  }
});

afterAll(async () => {
  for (const one of pods) one.remove();
  await new Promise((resolve) => hostServer.close(resolve));
  for (const family of ['ip', 'ip6', 'bridge']) {
    for (const name of [table, policyTable(table)])
      await applyNft(`delete table ${family} ${name}`).catch(() => undefined);
  }
  execFileSync('ip', ['link', 'del', bridge]);
  for (const range of [podCidr, serviceCidr])
    execFileSync('ip', ['route', 'del', 'unreachable', range, 'metric', '4000000']);
});

const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.constant({}),
  fc.record({
    matchLabels: fc.constantFrom<Record<string, string>>(
      { app: 'web' },
      { app: 'db' },
      { side: 'odd' },
      { app: 'dns' },
    ),
  }),
  fc.record({
    matchExpressions: fc.array(
      fc.record({
        key: fc.constantFrom('app', 'side'),
        operator: fc.constantFrom('In', 'NotIn'),
        values: fc.constantFrom<string[]>(['web'], ['db', 'odd']),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  }),
);
const namespaceSelector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.constant({}),
  fc.record({
    matchLabels: fc.constantFrom<Record<string, string>>(
      { team: 'red' },
      { team: 'blue' },
      { 'kubernetes.io/metadata.name': 'system' },
    ),
  }),
  fc.constant<LabelSelector>({ matchExpressions: [{ key: 'team', operator: 'Exists' }] }),
);
const block = fc.record({
  cidr: fc.constantFrom('0.0.0.0/0', podCidr, `${addressAt(podCidr, 10)}/31`, `${addressAt(podCidr, 12)}/30`),
  except: fc.subarray([`${addressAt(podCidr, 11)}/32`, `${addressAt(podCidr, 13)}/32`]),
});
const peer: fc.Arbitrary<NetworkPolicyPeer> = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector }),
  fc.record({ namespaceSelector, podSelector: selector }),
  fc.record({ ipBlock: block }),
);
const portChoice = fc.constantFrom<NetworkPolicyPort>(
  { port: 8080 },
  { port: 8000, endPort: 9000, protocol: 'TCP' },
  { port: 'http', protocol: 'TCP' },
  { port: 'dns', protocol: 'UDP' },
  { protocol: 'UDP' },
  { port: 5300, protocol: 'TCP' },
  { port: 1, protocol: 'SCTP' },
);
const portList = fc.oneof(
  { weight: 2, arbitrary: fc.constant<never[]>([]) },
  { weight: 3, arbitrary: fc.array(portChoice, { minLength: 1, maxLength: 3 }) },
);
const peerList = fc.oneof(
  { weight: 1, arbitrary: fc.constant<never[]>([]) },
  { weight: 4, arbitrary: fc.array(peer, { minLength: 1, maxLength: 2 }) },
);
const policies = fc.array(
  fc.record({
    namespace: fc.constantFrom('shop', 'bank'),
    spec: fc.record(
      {
        podSelector: selector,
        policyTypes: fc.constantFrom<string[]>(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
        ingress: fc.array(fc.record({ from: peerList, ports: portList }), { maxLength: 2 }),
        egress: fc.array(fc.record({ to: peerList, ports: portList }), { maxLength: 2 }),
      },
      { requiredKeys: ['podSelector'] },
    ),
  }),
  { maxLength: 5 },
);

it('lets through exactly what the policies mean, whatever they are', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(policies, async (drawn) => {
      const list = drawn.map(({ namespace, spec }, index) => policy(`p${index}`, namespace, spec));
      await kernel.apply(planRules(world(list)));
      const edges = facts.map((from) => [
        ...facts.flatMap((to) =>
          ports.map(({ port, protocol }) => ({ from, to, port, protocol, probe: { ip: to.ip, port, protocol } })),
        ),
        ...facts
          .slice(0, 1)
          .map((to) => ({ from, to, port: 8080, protocol: 'TCP', probe: tcp(service.ip, service.port) })),
        { from, to: dns, port: 5300, protocol: 'TCP', probe: tcp(dns.ip, 5300) },
      ]);
      const results = await Promise.all(edges.map((own, index) => pod(index).probe(own.map((edge) => edge.probe))));
      for (const [index, own] of edges.entries()) {
        const late = own.filter(
          (edge, at) => !results[index]?.[at] && isPermitted(edge, { namespaces, policies: list }),
        );
        const again = await pod(index).probe(
          late.map((edge) => edge.probe),
          patienceMs,
        );
        for (const [at, edge] of late.entries()) results[index]?.splice(own.indexOf(edge), 1, again[at] ?? false);
      }
      const toLine = ({ from, probe }: { from: PodFact; probe: Probe }, open: boolean | undefined) =>
        `${from.ip} → ${probe.ip}:${probe.port} ${open}`;
      const seen = edges.flatMap((own, index) => own.map((edge, at) => toLine(edge, results[index]?.[at])));
      const meant = edges.flatMap((own) =>
        own.map((edge) => toLine(edge, isPermitted(edge, { namespaces, policies: list }))),
      );
      expect(seen).toEqual(meant);
    }),
    { numRuns: Number(process.env.SLIPWAY_POLICY_RUNS ?? 25), endOnFailure: true },
  );
});

it('drops the first packet of a pod that the rules do not know yet', async () => {
  await kernel.apply(planRules(world([], facts.slice(1))));
  expect(await ask(0, tcp(pod(1).ip))).toBe(false);
  expect(await ask(1, tcp(pod(0).ip))).toBe(false);
  expect(await ask(0, tcp(gateway, 5300))).toBe(false);
  await kernel.apply(planRules(world([denyAll('shop')])));
  expect(await ask(0, tcp(pod(1).ip))).toBe(false);
});

it('opens when the last policy goes, and ends open connections when one comes', async () => {
  await kernel.apply(planRules(world([])));
  await pod(2).open(tcp(pod(0).ip));
  expect(await pod(2).talk(patienceMs)).toBe(true);
  await kernel.apply(planRules(world([denyAll('shop')])));
  expect(await pod(2).talk()).toBe(false);
  expect(await ask(2, tcp(pod(0).ip))).toBe(false);
  await kernel.apply(planRules(world([])));
  expect(await reaches(2, tcp(pod(0).ip))).toBe(true);
});

it('lets answers through to a pod that may receive nothing', async () => {
  await kernel.apply(planRules(world([policy('deny', 'shop', { podSelector: {}, policyTypes: ['Ingress'] })])));
  expect(await reaches(0, tcp(pod(2).ip))).toBe(true);
  expect(await ask(2, tcp(pod(0).ip))).toBe(false);
});

it('never stands between the machine and its pods, or between a pod and itself', async () => {
  await kernel.apply(planRules(world([denyAll('shop'), denyAll('bank')])));
  expect(await callFromHere(pod(0).ip, 8080)).toBe(true);
  expect(await reaches(0, tcp(service.ip, service.port))).toBe(true);
  expect(await ask(1, tcp(service.ip, service.port))).toBe(false);
});

it('takes no packet for loopback, and none from an address that is not a pod’s', async () => {
  await kernel.apply(planRules(world([])));
  const server = createServer((socket) => socket.end('x'));
  await new Promise<void>((resolve) => server.listen(5301, '127.0.0.9', resolve));
  inPod(4, 'ip route del local 127.0.0.0/8 dev lo table local');
  inPod(4, 'sysctl -qw net.ipv4.conf.all.route_localnet=1');
  expect(await ask(4, tcp('127.0.0.9', 5301))).toBe(false);
  server.close();
  inPod(4, 'ip addr add 10.55.0.9/32 dev eth0');
  inPod(4, `ip route add ${pod(1).ip}/32 dev eth0 src 10.55.0.9`);
  expect(await ask(4, tcp(pod(1).ip))).toBe(false);
  inPod(4, `ip route del ${pod(1).ip}/32`);
  expect(await reaches(4, tcp(pod(1).ip))).toBe(true);
});

it('keeps isolated pods from the machine’s own addresses and metadata, but for the gateway', async () => {
  const [lan, metadata] = ['198.18.77.1', '169.254.169.254'];
  const servers = await Promise.all(
    [5302, gatewayPort].map(async (port) => {
      const server = createServer((socket) => socket.pipe(socket).on('error', () => undefined));
      await new Promise<void>((resolve) => server.listen(port, '0.0.0.0', resolve));
      return server;
    }),
  );
  execFileSync('ip', ['addr', 'add', `${lan}/32`, 'dev', 'lo']);
  const cloud = await startCloud(metadata);
  try {
    const everywhere = policy('open', 'shop', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
    });
    await kernel.apply(planRules(world([everywhere])));
    expect(await reaches(0, tcp(lan, gatewayPort))).toBe(true);
    expect(await reaches(0, tcp(pod(2).ip))).toBe(true);
    expect(await ask(0, tcp(lan, 5302))).toBe(false);
    expect(await ask(0, tcp(metadata))).toBe(false);
    // What nobody has isolated is the cluster's own.
    expect(await reaches(2, tcp(lan, 5302))).toBe(true);
    expect(await reaches(2, tcp(metadata))).toBe(true);
    await kernel.apply(planRules(world([denyAll('shop')])));
    expect(await ask(0, tcp(lan, gatewayPort))).toBe(false);
    await kernel.apply(planRules(world([])));
    expect(await reaches(0, tcp(lan, 5302))).toBe(true);
  } finally {
    cloud.stop();
    execFileSync('ip', ['addr', 'del', `${lan}/32`, 'dev', 'lo']);
    for (const server of servers) server.close();
  }
});

it('carries no IPv6 between pods', async () => {
  const linkLocal = (index: number) =>
    /inet6 (fe80:[\da-f:]+)/.exec(inPod(index, 'ip -6 addr show dev eth0'))?.[1] ?? '';
  const call = `const s=require('net').connect({host:process.argv[1]+'%eth0',port:9});s.setTimeout(1500,()=>{console.log('silent');s.destroy()});s.on('error',e=>console.log(e.code));s.on('connect',()=>console.log('open'))`;
  const outcomeOf = (host: string) =>
    execFileSync('ip', ['netns', 'exec', podName(0), process.execPath, '-e', call, host])
      .toString()
      .trim();
  await kernel.apply(planRules(world([])));
  expect(linkLocal(1)).not.toBe('');
  // Refused would mean that it got there.
  expect(['silent', 'EHOSTUNREACH', 'ETIMEDOUT']).toContain(outcomeOf(linkLocal(1)));
});

it('writes its tables again when somebody has flushed them', async () => {
  await kernel.apply(planRules(world([denyAll('shop')])));
  expect(await kernel.heal()).toBe(false);
  for (const damage of [
    `delete table ip ${policyTable(table)}`,
    `flush table ip ${policyTable(table)}`,
    `flush chain ip ${policyTable(table)} to-pod`,
  ]) {
    await applyNft(damage);
    expect(await kernel.heal()).toBe(true);
    expect(await ask(2, tcp(pod(0).ip))).toBe(false);
    expect(await kernel.heal()).toBe(false);
  }
});

it('stays quick with 1,000 pods and 200 policies', async () => {
  const many = Array.from({ length: 1000 }, (_, index) => ({
    ...podOf(100 + index, `n${index % 50}`, index % 3 === 0 ? 'web' : 'db'),
  }));
  const list = Array.from({ length: 200 }, (_, index) =>
    policy(`p${index}`, `n${index % 50}`, {
      podSelector: index % 4 === 0 ? {} : { matchLabels: { app: index % 2 === 0 ? 'web' : 'db' } },
      ingress: [
        {
          from: [
            { podSelector: {} },
            { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': `n${(index * 7) % 50}` } } },
          ],
          ports: [{ port: 8080 + index }, { port: 'http' }],
        },
      ],
    }),
  );
  const time = async (what: string, policies: readonly NetworkPolicy[], pods: readonly PodFact[]) => {
    const startedAt = performance.now();
    const rules = planRules(world(policies, pods));
    const plannedAt = performance.now();
    await kernel.apply(rules);
    const [planMs, applyMs] = [plannedAt - startedAt, performance.now() - plannedAt];
    console.info(
      `network policies: ${what}: planned in ${planMs.toFixed(0)} ms, in force after ${applyMs.toFixed(0)} ms more`,
    );
    return planMs + applyMs;
  };
  await time('1,000 pods, 200 policies at once', list, [...facts, ...many]);
  const onePod = await time('one pod more', list, [...facts, ...many, podOf(1200, 'n7', 'web')]);
  const onePolicy = await time('one policy less', list.slice(1), [...facts, ...many, podOf(1200, 'n7', 'web')]);
  expect(Math.max(onePod, onePolicy)).toBeLessThan(2000);
  expect(await reaches(0, tcp(pod(1).ip))).toBe(true);
  await kernel.apply(planRules(world([])));
});

/** A neighbour of the machine that answers on an address of its own on 8080, as a cloud's metadata server does. */
async function startCloud(address: string): Promise<{ stop(): void }> {
  const name = podName(99);
  const ip = (command: string) => execFileSync('ip', command.split(' '), { stdio: 'pipe' });
  ip(`netns add ${name}`);
  ip(`link add ${name} type veth peer name eth0 netns ${name}`);
  ip(`addr add 198.18.78.1/30 dev ${name}`);
  ip(`link set ${name} up`);
  ip(`-n ${name} addr add 198.18.78.2/30 dev eth0`);
  ip(`-n ${name} addr add ${address}/32 dev eth0`);
  ip(`-n ${name} link set eth0 up`);
  ip(`-n ${name} route add default via 198.18.78.1`);
  ip(`route add ${address}/32 via 198.18.78.2`);
  const program = `require('net').createServer((s)=>s.pipe(s).on('error',()=>{})).listen(8080,()=>console.log('on'))`;
  const child = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', program]);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const stop = () => {
    child.kill();
    ip(`netns del ${name}`);
  };
  return { stop };
}

function inPod(index: number, command: string): string {
  return execFileSync('ip', ['netns', 'exec', podName(index), ...command.split(' ')], { stdio: 'pipe' }).toString();
}

function callFromHere(ip: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port, timeout: 1000 }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
    socket.on('timeout', () => resolve(false));
  });
}
