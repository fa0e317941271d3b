import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proxyToRegistry } from './registry-proxy.js';
import { createRegistryTokenSigner, registryIssuer, registryService } from './registry-token.js';
import { grantAccess, parseScopes } from './scopes.rules.js';

const run = promisify(execFile);
const has = (command: string): boolean => {
  try {
    execFileSync('which', [command], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** The real Distribution and the real skopeo; the caller's rights alone are this test's own. */
describe.skipIf(!has('docker-registry') || !has('skopeo'))('the registry door, with Distribution and skopeo', () => {
  const rights = new Map([['acme/shop/hello', { pull: true, push: true, delete: true }]]);
  const stops: (() => Promise<void> | void)[] = [];
  let directory: string;
  let host: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'delivery-registry-'));
    stops.push(() => rm(directory, { recursive: true, force: true }));
    const key = join(directory, 'token.key');
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        '/CN=slipway',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        join(directory, 'token.crt'),
      ],
      { stdio: 'ignore' },
    );
    const port = await freePort();
    await writeFile(
      join(directory, 'config.yml'),
      JSON.stringify({
        version: 0.1,
        log: { level: 'error' },
        storage: { filesystem: { rootdirectory: join(directory, 'data') } },
        http: { addr: `127.0.0.1:${port}`, secret: 'test' },
        auth: {
          token: {
            realm: 'http://registry.invalid/token',
            service: registryService,
            issuer: registryIssuer,
            rootcertbundle: join(directory, 'token.crt'),
          },
        },
      }),
    );
    const registry = spawn('docker-registry', ['serve', join(directory, 'config.yml')], { stdio: 'ignore' });
    stops.push(() => void registry.kill());
    const signer = createRegistryTokenSigner(await readFile(key, 'utf8'));
    const server = http.createServer(async (request, response) => {
      const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
      if (url.pathname === '/service/token') {
        const basic = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
        const access =
          basic === 'alice:secret' ? grantAccess(parseScopes(url.searchParams.getAll('scope')), rights) : [];
        const token = await signer.sign({
          subject: 'alice',
          audience: url.searchParams.get('service') ?? '',
          access,
          id: randomUUID(),
          now: new Date(),
          lifetimeSeconds: 300,
        });
        response.end(JSON.stringify({ token }));
        return;
      }
      proxyToRegistry(request, response, request.url ?? '/', {
        registryUrl: `http://127.0.0.1:${port}`,
        realm: `http://${request.headers.host}/service/token`,
        onUnreachable: (answer) => answer.writeHead(503).end(),
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => void server.close());
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await eventually(async () => expect((await fetch(`http://${host}/v2/`)).status).toBe(401));
  });

  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  const copy = (from: string, to: string, ...flags: string[]) =>
    run('skopeo', ['copy', '--insecure-policy', ...flags, from, to], { maxBuffer: 1e7 });

  it('streams a 200 MB layer in, and the same image comes out', async () => {
    const image = join(directory, 'image');
    await writeImage(image, 200);
    // What the image was written from is still on the heap.
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers);
    }, 10);
    const digest = join(directory, 'digest');
    await copy(
      `oci:${image}:latest`,
      `docker://${host}/acme/shop/hello:1`,
      '--dest-tls-verify=false',
      '--dest-creds',
      'alice:secret',
      '--digestfile',
      digest,
    );
    clearInterval(watch);
    expect(most).toBeLessThan(100e6);
    const out = join(directory, 'out');
    await copy(
      `docker://${host}/acme/shop/hello@${await readFile(digest, 'utf8')}`,
      `dir:${out}`,
      '--src-tls-verify=false',
      '--src-creds',
      'alice:secret',
    );
  });

  it.each([
    ['a stranger', 'mallory:guess', 'acme/shop/hello:1'],
    ["a member in another tenant's repository", 'alice:secret', 'evil/shop/hello:1'],
  ])('refuses %s', async (_, credentials, repository) => {
    const out = join(directory, 'no');
    await expect(
      copy(`docker://${host}/${repository}`, `dir:${out}`, '--src-tls-verify=false', '--src-creds', credentials),
    ).rejects.toThrow(/denied|unauthorized|requested access/i);
  });

  async function writeImage(to: string, megabytes: number): Promise<void> {
    const root = join(directory, 'root');
    await mkdir(root, { recursive: true });
    await writeFile(join(root, 'big'), randomBytes(megabytes * 1e6));
    const archive = join(directory, 'layer.tar');
    execFileSync('tar', ['-C', root, '-cf', archive, '.']);
    const { createHash } = await import('node:crypto');
    const blobs = join(to, 'blobs/sha256');
    await mkdir(blobs, { recursive: true });
    const put = async (content: Buffer, mediaType: string) => {
      const hex = createHash('sha256').update(content).digest('hex');
      await writeFile(join(blobs, hex), content);
      return { mediaType, digest: `sha256:${hex}`, size: content.length };
    };
    const layer = await put(await readFile(archive), 'application/vnd.oci.image.layer.v1.tar');
    const configuration = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [layer.digest] } };
    const config = await put(Buffer.from(JSON.stringify(configuration)), 'application/vnd.oci.image.config.v1+json');
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = await put(
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer] })),
      mediaType,
    );
    const named = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'latest' } };
    await writeFile(join(to, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
    await writeFile(join(to, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  }
});

async function freePort(): Promise<number> {
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function eventually(check: () => Promise<void>, seconds = 10): Promise<void> {
  for (const end = Date.now() + seconds * 1000; ; ) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
