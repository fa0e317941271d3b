import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import WebSocket from 'ws';
import {
  configMaps,
  type EphemeralContainer,
  endpointSlices,
  type Pod,
  pods,
  secrets,
  services,
} from '../kinds/index.js';
import { clusterAddresses, type Network, startNetwork } from '../network/index.js';
import { silentLogger, systemClock } from '../runtime/index.js';
import { startTestCluster, type TestCluster } from '../testing/index.js';
import { createCriRuntime, type NodeAgent, startNodeAgent } from './index.js';
import {
  busyboxImage,
  lackingForContainers,
  pauseImage,
  startTestContainerd,
  type TestContainerd,
} from './testing/containerd.js';

const lacking = lackingForContainers();
const nodePort = 17_745;
const bridge = 'slwmachtest';
const table = 'slipway_machtest';
const podCidr = '100.96.0.0/17';
const serviceCidr = '100.96.128.0/17';
/** The one on the machine and, where it is named, an old one. */
const kubectls = ['kubectl', process.env.KUBECTL_OLD ?? ''].filter(
  (each) => each !== '' && spawnSync(each, ['version', '--client']).status === 0,
);
const addresses = clusterAddresses(podCidr, serviceCidr);
const namespace = 'default';

let containerd: TestContainerd;
let cluster: TestCluster;
let network: Network;
let agent: NodeAgent;

const context = () => ({ client: cluster.client, clock: systemClock, log: silentLogger, metrics: new Registry() });

async function startAgent(): Promise<NodeAgent> {
  const { authority } = cluster.server;
  const pair = await authority.keep('node', { commonName: 'system:node:n1', hosts: ['127.0.0.1'] });
  return startNodeAgent(context(), {
    nodeName: 'n1',
    runtime: createCriRuntime(containerd.socket),
    address: '127.0.0.1',
    port: nodePort,
    tls: { cert: pair.certificate, key: pair.key, ca: authority.certificate },
    directory: join(containerd.directory, 'cluster'),
    podCidr,
    clusterDnsIp: addresses.dns,
    cgroupParent: `/${table}`,
    pauseImage,
    admit: network.admit,
  });
}

const eventually = <T>(check: () => Promise<T>, timeout = 30_000) => vi.waitFor(check, { timeout, interval: 50 });
const get = (name: string) => cluster.client.get(pods, name, namespace);

function createPod(name: string, spec: Partial<NonNullable<Pod['spec']>> & { command?: string[] }): Promise<Pod> {
  const { command = ['sleep', '1000'], ...rest } = spec;
  return cluster.client.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      nodeName: 'n1',
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: busyboxImage, command }],
      ...rest,
    },
  });
}

const untilReady = (name: string) =>
  eventually(async () => {
    const pod = await get(name);
    expect(pod.status?.conditions?.find((one) => one.type === 'Ready')?.status).toBe('True');
    return pod;
  });

const untilLog = (name: string, text: string, container?: string) =>
  eventually(async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of await cluster.client.podLog(namespace, name, { container }))
      chunks.push(Buffer.from(chunk));
    const log = Buffer.concat(chunks).toString();
    expect(log).toContain(text);
    return log;
  });

const addEphemeral = (name: string, ...ephemeralContainers: EphemeralContainer[]) =>
  cluster.client.patch(
    pods,
    name,
    namespace,
    { spec: { ephemeralContainers } },
    { type: 'strategic', subresource: 'ephemeralcontainers' },
  );

async function remove(name: string): Promise<void> {
  await cluster.client.delete(pods, name, namespace);
  await eventually(async () => expect(await cluster.client.find(pods, name, namespace)).toBeUndefined());
}

/** Runs a command through the API's exec, over a WebSocket. */
function execIn(name: string, command: readonly string[], container = ''): Promise<{ stdout: string; status: string }> {
  const query = new URLSearchParams([
    ...command.map((one): [string, string] => ['command', one]),
    ['stdout', '1'],
    ['stderr', '1'],
    ...(container === '' ? [] : [['container', container] satisfies [string, string]]),
  ]);
  const url = `${cluster.connection.server}/api/v1/namespaces/${namespace}/pods/${name}/exec?${query}`.replace(
    'https',
    'wss',
  );
  const { certificate, key, ca } = cluster.connection;
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'v4.channel.k8s.io', { cert: certificate, key, ca });
    let stdout = '';
    let status = '';
    socket.on('message', (data: Buffer) => {
      if (data[0] === 1) stdout += data.subarray(1).toString();
      if (data[0] === 3) status += data.subarray(1).toString();
    });
    socket.on('close', () => resolve({ stdout, status }));
    socket.on('error', reject);
  });
}

describe.skipIf(lacking !== undefined)(`pods on containerd${lacking ? ` (skipped: ${lacking})` : ''}`, () => {
  beforeAll(async () => {
    containerd = await startTestContainerd();
    cluster = await startTestCluster({ databaseUrl: inject('databaseUrl'), serviceCidr });
    network = await startNetwork(context(), {
      podCidr,
      serviceCidr,
      bridge,
      nftTable: table,
      cniConfDirectory: containerd.cniConfDirectory,
      directory: join(containerd.directory, 'cluster'),
      bindAddress: '127.0.0.1',
      apiServer: { address: '127.0.0.1', port: cluster.server.port },
      hostServices: [],
      kernel: true,
    });
    agent = await startAgent();
  });

  afterAll(async () => {
    const runtime = createCriRuntime(containerd.socket);
    await agent?.stop();
    for (const sandbox of await runtime.listSandboxes()) {
      await runtime.stopSandbox(sandbox.id);
      await runtime.removeSandbox(sandbox.id);
    }
    runtime.close();
    await network?.stop();
    await cluster?.stop();
    await containerd?.stop();
    const quiet = (command: string, ...args: string[]) => {
      try {
        execFileSync(command, args, { stdio: 'ignore' });
      } catch {
        // It was not made.
      }
    };
    quiet('nft', 'delete', 'table', 'ip', table);
    quiet('nft', 'delete', 'table', 'bridge', table);
    for (const family of ['ip', 'ip6', 'bridge']) quiet('nft', 'delete', 'table', family, `${table}_policy`);
    quiet('ip', 'link', 'del', bridge);
    for (const group of readdirSync('/sys/fs/cgroup')) quiet('rmdir', `/sys/fs/cgroup/${group}/${table}`);
    quiet('rmdir', `/sys/fs/cgroup/${table}`);
    for (const range of [podCidr, serviceCidr]) quiet('ip', 'route', 'del', 'unreachable', range);
  });

  it('runs a pod, shows its log and leaves nothing when it is deleted', async () => {
    const { metadata } = await createPod('web', { command: ['sh', '-c', 'echo hello; sleep 1000'] });
    const pod = await untilReady('web');
    expect(pod.status).toMatchObject({ phase: 'Running', hostIP: '127.0.0.1', qosClass: 'BestEffort' });
    expect(pod.status?.podIP).toMatch(/^100\.96\./);
    await untilLog('web', 'hello\n');
    await remove('web');
    const files = readdirSync(join(containerd.directory, 'cluster/pods'));
    expect(files).not.toContain(metadata.uid);
  });

  it('gives configuration as variables and files, waiting for what is missing', async () => {
    await createPod('configured', {
      containers: [
        {
          name: 'main',
          image: busyboxImage,
          command: ['sh', '-c', 'echo $GREETING; cat /secret/key; echo; sleep 1000'],
          env: [{ name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'settings', key: 'greeting' } } }],
          volumeMounts: [{ name: 'secret', mountPath: '/secret' }],
        },
      ],
      volumes: [{ name: 'secret', secret: { secretName: 'keys' } }],
    });
    await cluster.client.create(secrets, {
      metadata: { name: 'keys', namespace },
      data: { key: Buffer.from('opened').toString('base64') },
    });
    await eventually(async () => {
      expect((await get('configured')).status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe(
        'CreateContainerConfigError',
      );
    });
    await cluster.client.create(configMaps, {
      metadata: { name: 'settings', namespace },
      data: { greeting: 'welcome' },
    });
    await untilReady('configured');
    await untilLog('configured', 'welcome\nopened');
    await remove('configured');
  });

  it('runs a command through the API server and tells its exit code', async () => {
    await createPod('shell', {});
    await untilReady('shell');
    const token = await execIn('shell', ['cat', '/var/run/secrets/kubernetes.io/serviceaccount/token']);
    expect(token.stdout.split('.')).toHaveLength(3);
    const { stdout, status } = await execIn('shell', ['sh', '-c', 'echo inside; exit 3']);
    expect(stdout).toBe('inside\n');
    expect(status).toContain('"message":"3"');
    const kubectl = (...args: string[]) =>
      promisify(execFile)('kubectl', ['--kubeconfig', cluster.kubeconfig, '-n', namespace, ...args], {
        timeout: 20_000,
      });
    const answered = await kubectl('exec', 'shell', '--', 'echo', 'from kubectl').catch(
      (error: NodeJS.ErrnoException) => {
        // Not every machine has kubectl.
        if (error.code === 'ENOENT') return { stdout: 'from kubectl\n' };
        throw error;
      },
    );
    expect(answered.stdout).toBe('from kubectl\n');
    await remove('shell');
  });

  describe.each(kubectls)('streams with %s', (program) => {
    const args = (words: readonly string[]) => ['--kubeconfig', cluster.kubeconfig, '-n', namespace, ...words];
    const run = (words: readonly string[], input = ''): Promise<{ code: number; out: string }> =>
      new Promise((resolve) => {
        const child = execFile(program, args(words), { timeout: 20_000 }, (error, stdout, stderr) =>
          resolve({ code: error ? Number(error.code) : 0, out: stdout + stderr }),
        );
        child.stdin?.end(input);
      });

    beforeAll(async () => {
      await createPod('streams', {
        containers: [
          {
            name: 'main',
            image: busyboxImage,
            command: ['sh', '-c', 'mkdir /www; echo served > /www/index.html; httpd -p 8080 -h /www; exec cat'],
            stdin: true,
          },
        ],
      });
      await untilReady('streams');
    });
    afterAll(() => remove('streams'));

    it('exec tells the end of its input, both outputs and the exit code', async () => {
      const echoed = await run(['exec', '-i', 'streams', '--', 'sh', '-c', 'cat; echo end; exit 7'], 'from here\n');
      expect(echoed).toMatchObject({ code: 7, out: expect.stringContaining('from here\nend\n') });
      const large = await run(['exec', '-i', 'streams', '--', 'wc', '-c'], 'x'.repeat(3_000_000));
      expect(large.out).toContain('3000000');
      const long = await run(['exec', 'streams', '--', 'seq', '1', '100000']);
      expect(long.out.length).toBe(588_895);
      expect((await run(['exec', 'streams', '-c', 'none', '--', 'true'])).out).toContain('none');
    });

    it('cp takes files there and back', async () => {
      const file = join(containerd.directory, 'sent');
      writeFileSync(file, 'y'.repeat(200_000));
      expect((await run(['cp', file, 'streams:/tmp/sent'])).out).not.toContain('rror');
      await run(['cp', 'streams:/tmp/sent', `${file}-back`]);
      expect(readFileSync(`${file}-back`, 'utf8')).toBe('y'.repeat(200_000));
    });

    it('attach joins the main process', async () => {
      const child = spawn(program, args(['attach', '-i', 'streams']));
      let out = '';
      child.stdout.on('data', (data) => {
        out += String(data);
      });
      child.stdin.write('heard\n');
      await eventually(async () => expect(out).toContain('heard'));
      child.kill();
    });

    it('get --raw reaches a pod, a service and the node through their proxies', async () => {
      const pod = `/api/v1/namespaces/${namespace}/pods/streams:8080/proxy`;
      expect((await run(['get', '--raw', `${pod}/index.html`])).out).toBe('served\n');
      expect((await run(['get', '--raw', `${pod}/missing`])).out).toContain('NotFound');
      const service = `/api/v1/namespaces/${namespace}/services/http:nowhere:80/proxy/`;
      expect((await run(['get', '--raw', service])).out).toContain('services "nowhere" not found');
      const stats = JSON.parse((await run(['get', '--raw', '/api/v1/nodes/n1/proxy/stats/summary'])).out);
      expect(stats.node.nodeName).toBe('n1');
      expect(stats.node.memory.workingSetBytes).toBeGreaterThan(0);
      const resource = (await run(['get', '--raw', '/api/v1/nodes/n1/proxy/metrics/resource'])).out;
      expect(resource).toMatch(/^node_cpu_usage_seconds_total [\d.]+ \d+$/m);
      const labels = `{container="main",namespace="${namespace}",pod="streams"}`;
      expect(resource).toContain(`container_cpu_usage_seconds_total${labels} `);
      expect(resource).toContain(`container_memory_working_set_bytes${labels} `);
      const used = await eventually(async () => {
        const { out } = await run(['top', 'pod', 'streams', '--containers', '-n', namespace]);
        expect(out).toMatch(/^streams +main +\d+m +\d+Mi/m);
        return (await run(['top', 'node', 'n1'])).out;
      });
      expect(used).toMatch(/^n1 +\d+m +\d+% +\d+Mi +\d+%/m);
    });

    it('port-forward reaches a port of the pod, again and again', async () => {
      const child = spawn(program, args(['port-forward', 'pod/streams', ':8080']));
      let out = '';
      child.stdout.on('data', (data) => {
        out += String(data);
      });
      const port = await eventually(async () => /127\.0\.0\.1:(\d+)/.exec(out)?.[1] ?? Promise.reject(new Error(out)));
      for (let round = 0; round < 5; round += 1) {
        const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
        expect(await answer.text()).toBe('served\n');
      }
      child.kill();
    });
  });

  it('runs an ephemeral container among the processes of its target, once, and changes nothing else', async () => {
    await createPod('examined', { command: ['sleep', '4711'] });
    const before = await untilReady('examined');
    const look = {
      name: 'look',
      image: busyboxImage,
      command: ['sh', '-c', 'ps; exit 3'],
      targetContainerName: 'main',
    };
    const shell = { name: 'shell', image: busyboxImage, stdin: true, tty: true };
    await addEphemeral('examined', look, shell);
    const after = await eventually(async () => {
      const pod = await get('examined');
      const [first, second] = pod.status?.ephemeralContainerStatuses ?? [];
      expect(first).toMatchObject({
        name: 'look',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode: 3 } },
      });
      expect(second).toMatchObject({ name: 'shell', ready: false, state: { running: {} } });
      return pod;
    });
    expect(after.status?.containerStatuses).toEqual(before.status?.containerStatuses);
    expect(after.status).toMatchObject({ phase: 'Running', qosClass: 'BestEffort' });
    const chunks: Buffer[] = [];
    for await (const chunk of await cluster.client.podLog(namespace, 'examined', { container: 'look' }))
      chunks.push(Buffer.from(chunk));
    expect(Buffer.concat(chunks).toString()).toContain('sleep 4711');
    expect((await execIn('examined', ['ps'], 'shell')).stdout).not.toContain('sleep 4711');
    await remove('examined');
  });

  it('waits for the target of an ephemeral container, and starts a privileged one in an ordinary pod', async () => {
    const container = (name: string) => ({ name, image: busyboxImage, command: ['sleep', '1000'] });
    await createPod('late', {
      initContainers: [{ ...container('first'), command: ['sh', '-c', 'until test -e /tmp/go; do sleep 0.1; done'] }],
      containers: [container('main')],
    });
    const debug = { ...container('debug'), targetContainerName: 'main', securityContext: { privileged: true } };
    await addEphemeral('late', debug);
    const status = async () => (await get('late')).status?.ephemeralContainerStatuses?.[0]?.state;
    await eventually(async () =>
      expect(await status()).toMatchObject({ waiting: { reason: 'CreateContainerConfigError' } }),
    );
    await eventually(async () =>
      expect((await execIn('late', ['touch', '/tmp/go'], 'first')).status).toContain('Success'),
    );
    await eventually(async () => expect(await status()).toMatchObject({ running: {} }));
    await remove('late');
  });

  it('runs a pod among the processes and on the network of the machine', async () => {
    await createPod('host', {
      hostNetwork: true,
      hostPID: true,
      containers: [
        {
          name: 'main',
          image: busyboxImage,
          command: [
            'sh',
            '-c',
            `test -e /host/proc/${process.pid} && test -e /proc/${process.pid} && hostname; sleep 1000`,
          ],
          volumeMounts: [{ name: 'host', mountPath: '/host' }],
        },
      ],
      volumes: [{ name: 'host', hostPath: { path: '/' } }],
    });
    expect((await untilReady('host')).status).toMatchObject({ podIP: '127.0.0.1', hostIP: '127.0.0.1' });
    await untilLog('host', `${hostname()}\n`);
    await remove('host');
  });

  it('holds a restricted pod to its word, and lets it serve port 80', async () => {
    const report = [
      'id -u; id -G',
      'grep -E "^(NoNewPrivs|Seccomp|CapEff|CapBnd):" /proc/self/status',
      'echo kept > /data/file && stat -c "%u %g" /data/file',
      'unshare -U true 2>/dev/null && echo escaped',
      'mkdir /data/www && echo served > /data/www/index.html',
      'httpd -f -p 80 -h /data/www & until wget -qO- http://127.0.0.1/ 2>/dev/null; do sleep 0.1; done',
      'wait',
    ];
    const secured = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
    await cluster.client.create(pods, {
      metadata: { name: 'restricted', namespace, annotations: { 'slipway.dev/run-as-user': '1000001000' } },
      spec: {
        nodeName: 'n1',
        terminationGracePeriodSeconds: 1,
        securityContext: { runAsNonRoot: true, fsGroup: 1000001000, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'main',
            image: busyboxImage,
            command: ['sh', '-c', report.join('\n')],
            securityContext: secured,
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
          {
            name: 'own',
            image: busyboxImage,
            command: ['sleep', '1000'],
            securityContext: { ...secured, runAsUser: 4711, runAsGroup: 4712 },
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
        ],
        volumes: [{ name: 'data', emptyDir: {} }],
      },
    });
    await untilReady('restricted');
    const log = await untilLog('restricted', 'served', 'main');
    expect(log.split('\n').map((line) => line.replace(/\s+/g, ' '))).toEqual([
      '1000001000',
      '0 1000001000',
      'CapEff: 0000000000000000',
      'CapBnd: 0000000000000000',
      'NoNewPrivs: 1',
      'Seccomp: 2',
      '1000001000 1000001000',
      'served',
      '',
    ]);
    const both = await execIn(
      'restricted',
      ['sh', '-c', 'id -u; id -g; cat /data/file; echo more >> /data/file'],
      'own',
    );
    expect(both.stdout).toBe('4711\n4712\nkept\n');
    await addEphemeral('restricted', { name: 'look', image: busyboxImage, stdin: true, securityContext: secured });
    await eventually(async () =>
      expect((await get('restricted')).status?.ephemeralContainerStatuses?.[0]?.state).toHaveProperty('running'),
    );
    expect((await execIn('restricted', ['id', '-u'], 'look')).stdout).toBe('1000001000\n');
    await remove('restricted');
  });

  it('starts no image as root that must not be, and says what to do', async () => {
    await createPod('rooted', { securityContext: { runAsNonRoot: true } });
    await eventually(async () => {
      const waiting = (await get('rooted')).status?.containerStatuses?.[0]?.state?.waiting;
      expect(waiting).toMatchObject({
        reason: 'CreateContainerConfigError',
        message: expect.stringContaining('image will run as root (container: main): set runAsUser'),
      });
    });
    await remove('rooted');
  });

  it('restarts what crashes, with back-off, and says why', async () => {
    await createPod('crash', { command: ['sh', '-c', 'echo broken > /dev/termination-log; exit 4'] });
    await eventually(async () => {
      const [status] = (await get('crash')).status?.containerStatuses ?? [];
      expect(status?.state?.waiting?.reason).toBe('CrashLoopBackOff');
      expect(status?.lastState?.terminated).toMatchObject({ exitCode: 4, message: 'broken\n' });
    });
    await remove('crash');
  });

  it('keeps containers across restarts of the agent and of containerd', async () => {
    await createPod('steady', {});
    const before = (await untilReady('steady')).status?.containerStatuses?.[0];
    await agent.stop();
    await containerd.restart();
    agent = await startAgent();
    await createPod('later', {});
    await untilReady('later');
    expect((await get('steady')).status?.containerStatuses?.[0]).toEqual(before);
    await Promise.all([remove('steady'), remove('later')]);
  });

  it('reaches pods through a Service by name, and the machine through its address', async () => {
    await createPod('server', {
      containers: [
        {
          name: 'main',
          image: busyboxImage,
          command: ['sh', '-c', 'mkdir /www; echo served > /www/index.html; exec httpd -f -p 8080 -h /www'],
          readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
        },
      ],
    });
    await createPod('caller', {});
    const ip = (await untilReady('server')).status?.podIP ?? '';
    await untilReady('caller');
    const service = await cluster.client.create(services, {
      metadata: { name: 'server', namespace },
      spec: { type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    });
    const clusterIp = service.spec?.clusterIP ?? '';
    const slice = { name: 'server-1', namespace, labels: { 'kubernetes.io/service-name': 'server' } };
    await cluster.client.create(endpointSlices, {
      metadata: slice,
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    });
    const fetchText = async (url: string) => (await fetch(url)).text();
    await eventually(async () => expect(await fetchText(`http://${clusterIp}/`)).toBe('served\n'));
    expect(await fetchText(`http://127.0.0.1:${service.spec?.ports?.[0]?.nodePort}/`)).toBe('served\n');
    const found = await execIn('caller', ['nslookup', '-type=a', `server.${namespace}.svc.cluster.local`]);
    expect(found.stdout).toContain(clusterIp);
    const raw = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc ${clusterIp} 80`;
    // Its own Service as well: the answer must come back through the address it was asked at.
    for (const pod of ['caller', 'server']) {
      expect((await execIn(pod, ['sh', '-c', raw])).stdout).toContain('served');
    }
    await cluster.client.delete(endpointSlices, slice.name, namespace);
    await eventually(async () => {
      await expect(fetch(`http://${clusterIp}/`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    });
    await Promise.all([remove('server'), remove('caller')]);
  });
});
