import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildScript, caVariables } from './build-script.js';
import { planBuildSecret } from './builds.rules.js';

const missing = ['buildah', 'docker-registry', 'busybox', 'git', 'perl'].filter(
  (tool) => spawnSync('which', [tool]).status !== 0,
);

/** The script itself with the real buildah, git and registry; only the pod around it is missing. */
describe.skipIf(missing.length > 0 || process.getuid?.() !== 0)('the build script', () => {
  let directory: string;
  let registry: ChildProcess;
  let api: http.Server;
  let host: string;
  let apiUrl: string;
  let archive: Buffer;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'delivery-build-'));
    const port = await freePort();
    host = `127.0.0.1:${port}`;
    const config = {
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: join(directory, 'data') } },
      http: { addr: host, secret: 'x' },
    };
    await writeFile(join(directory, 'config.yml'), JSON.stringify(config));
    registry = spawn('docker-registry', ['serve', join(directory, 'config.yml')], { stdio: 'ignore' });
    api = http.createServer((request, response) => {
      if (request.headers.authorization !== 'Bearer slp_build_test') return void response.writeHead(401).end();
      response.end(archive);
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    await mkdir(join(directory, 'base'));
    execFileSync('cp', [execFileSync('which', ['busybox']).toString().trim(), join(directory, 'base/busybox')]);
    await writeFile(
      join(directory, 'base/Dockerfile'),
      'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox","--install","-s","/bin"]\n',
    );
    buildah('bud', '--isolation', 'chroot', '-t', 'base', join(directory, 'base'));
    buildah('push', '--tls-verify=false', 'base', `docker://${host}/library/busybox:latest`);
  });

  afterAll(async () => {
    registry.kill();
    api.close();
    buildah('rm', '-a');
    await rm(directory, { recursive: true, force: true });
  });

  function buildah(...args: string[]): string {
    const storage = [
      '--root',
      join(directory, 'storage'),
      '--runroot',
      join(directory, 'run'),
      '--storage-driver',
      'overlay',
    ];
    return execFileSync('buildah', [...storage, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  }

  function tar(files: Record<string, string>): Promise<Buffer> {
    const script = Object.entries(files).map(
      ([name, text]) => `mkdir -p "$(dirname '${name}')"; printf '%s' '${text}' > '${name}'`,
    );
    execFileSync('sh', ['-c', `rm -rf tree; mkdir tree; cd tree; ${script.join('; ')}; tar -czf ../source.tar.gz .`], {
      cwd: directory,
    });
    return readFile(join(directory, 'source.tar.gz'));
  }

  async function run(environment: Record<string, string>, caBundle?: string): Promise<{ log: string; report: string }> {
    const input = {
      id: 'x',
      number: 1,
      tenant: 'acme',
      project: 'shop',
      application: 'hello',
      source: { type: 'upload' as const, url: '' },
      dockerfile: '',
      context: '',
      apiUrl,
      registryHost: '127.0.0.1:7601',
      registryHostInCluster: host,
      token: 'slp_build_test',
      proxyEnvironment: {},
      caBundle,
    };
    const secret = join(directory, 'secret');
    await rm(secret, { recursive: true, force: true });
    await mkdir(secret);
    for (const [name, value] of Object.entries(planBuildSecret(input).data ?? {}))
      await writeFile(join(secret, name), Buffer.from(value, 'base64'));
    const home = join(directory, 'home');
    await mkdir(home, { recursive: true });
    await rm(join(home, 'source'), { recursive: true, force: true });
    const storage = `[storage]\ndriver = "overlay"\ngraphroot = "${join(directory, 'storage')}"\nrunroot = "${join(directory, 'run')}"\n`;
    await writeFile(join(directory, 'storage.conf'), storage);
    const report = join(directory, 'report');
    const script = buildScript.replace('/run/slipway-build', secret).replaceAll('/dev/termination-log', report);
    const env = {
      PATH: process.env['PATH'],
      HOME: home,
      CONTAINERS_STORAGE_CONF: join(directory, 'storage.conf'),
      API_URL: apiUrl,
      SOURCE_TYPE: 'upload',
      SOURCE_URL: apiUrl,
      SOURCE_REF: '',
      BUILD_CONTEXT: '.',
      BUILD_DOCKERFILE: 'Dockerfile',
      PUSH_TO: `${host}/acme/shop/hello:build-1`,
      PUSH_NAME: 'hello',
      CA_VARIABLES: caVariables.join(' '),
      ...environment,
    };
    const child = spawn('sh', ['-c', `(${script}) 2>&1`], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    await new Promise((resolve) => child.on('close', resolve));
    return { log, report: await readFile(report, 'utf8') };
  }

  it('builds an uploaded archive on a shared base image and reports the digest that it pushed', async () => {
    archive = await tar({
      Dockerfile: 'FROM busybox\nCOPY hello.txt /\nRUN cat /hello.txt',
      'hello.txt': 'hello from the build',
    });
    const { log, report } = await run({});
    expect(log).toContain('hello from the build');
    expect(log).toContain('write USER 1000 into the Dockerfile');
    expect(report).toMatch(/^digest sha256:[0-9a-f]{64}$/);
    const manifest = await fetch(`http://${host}/v2/acme/shop/hello/manifests/build-1`, {
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
    });
    expect(manifest.headers.get('docker-content-digest')).toBe(report.replace('digest ', ''));
  });

  it('lets every RUN see the trusted certificates and leaves no trace of them in the image', async () => {
    archive = await tar({ Dockerfile: 'FROM library/busybox\nENV KEPT=1\nUSER 1000\nRUN cat $SSL_CERT_FILE' });
    const { log, report } = await run({}, 'THE BUNDLE');
    expect(log).toContain('THE BUNDLE');
    expect(log).not.toContain('write USER 1000');
    expect(report).toMatch(/^digest/);
    const environment = buildah(
      'inspect',
      '--type',
      'image',
      '--format',
      '{{.OCIv1.Config.Env}}',
      'slipway.local/built',
    );
    expect(environment).toContain('KEPT=1');
    expect(environment).not.toContain('SSL_CERT_FILE');
  });

  it('builds a git reference', async () => {
    await tar({ 'app/Dockerfile.web': 'FROM docker.io/library/busybox\nRUN echo from git' });
    const git = 'git -c user.name=t -c user.email=t@t';
    execFileSync('sh', ['-c', `cd tree && git init -q -b main && git add . && ${git} commit -qm first`], {
      cwd: directory,
    });
    const { log, report } = await run({
      SOURCE_TYPE: 'git',
      SOURCE_URL: `file://${directory}/tree`,
      SOURCE_REF: 'main',
      BUILD_CONTEXT: 'app',
      BUILD_DOCKERFILE: 'Dockerfile.web',
    });
    expect(log).toMatch(/Commit [0-9a-f]+ first/);
    expect(report).toMatch(/^digest/);
  });

  it.each<[string, Record<string, string>, Record<string, string>, string]>([
    [
      'no Dockerfile',
      { 'index.js': '' },
      {},
      'error There is no Dockerfile in the source. Add one, or name its path in build.dockerfile of the application.',
    ],
    [
      'no context',
      { Dockerfile: 'FROM busybox' },
      { BUILD_CONTEXT: 'app' },
      'error There is no folder app in the source: correct build.context of the application.',
    ],
    [
      'a step that fails',
      { Dockerfile: 'FROM busybox\nRUN false' },
      {},
      'error The Dockerfile could not be built: see the log above.',
    ],
    [
      'no such reference',
      { a: '' },
      { SOURCE_TYPE: 'git', SOURCE_URL: 'file:///nowhere', SOURCE_REF: 'main' },
      'error main of file:///nowhere could not be fetched: does it exist, and may anybody read it?',
    ],
  ])('explains %s', async (_, files, environment, expected) => {
    archive = await tar(files);
    expect((await run(environment)).report).toBe(expected);
  });
});

async function freePort(): Promise<number> {
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
