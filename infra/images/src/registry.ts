import { createPrivateKey, createSign, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readBlob, readImage } from './oci.js';

export interface RegistryDoor {
  readonly url: string;
  /** PEM of the key that the registry trusts; its certificate lies beside it as `.crt`. */
  readonly keyFile: string;
  readonly issuer?: string;
  readonly service?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Uploads an image's blobs and manifest where they are missing. Answers `pushed`, or `present` if the tag was right. */
export async function pushImage(door: RegistryDoor, repository: string, tag: string, layout: string) {
  const { descriptor, manifest, bytes } = readImage(layout);
  const authorization = `Bearer ${signToken(door, repository)}`;
  const call = (method: string, path: string, headers: Record<string, string> = {}, body?: Readable | Buffer) =>
    send(method, new URL(path, door.url), { authorization, ...headers }, body);
  const manifestPath = `/v2/${repository}/manifests/${tag}`;
  const known = await call('HEAD', manifestPath, { accept: descriptor.mediaType });
  if (known.headers['docker-content-digest'] === descriptor.digest) return 'present';
  for (const blob of [...manifest.layers, manifest.config]) {
    const present = await call('HEAD', `/v2/${repository}/blobs/${blob.digest}`);
    if (present.status === 200) continue;
    const upload = expect(await call('POST', `/v2/${repository}/blobs/uploads/`, { 'content-length': '0' }), 202);
    const target = new URL(`${upload.headers['location']}`, door.url);
    target.searchParams.set('digest', blob.digest);
    const headers = { 'content-type': 'application/octet-stream', 'content-length': `${blob.size}` };
    expect(await call('PUT', target.href, headers, readBlob(layout, blob.digest)), 201);
  }
  const headers = { 'content-type': descriptor.mediaType, 'content-length': `${bytes.length}` };
  expect(await call('PUT', manifestPath, headers, bytes), 201);
  return 'pushed';
}

/** A token as Distribution wants it: RS256, its certificate in `x5c`, one repository, an hour. */
function signToken(door: RegistryDoor, repository: string): string {
  const certificate = new X509Certificate(readFileSync(door.keyFile.replace(/\.key$/, '.crt')));
  const now = Math.floor(Date.now() / 1000);
  const header = { typ: 'JWT', alg: 'RS256', x5c: [certificate.raw.toString('base64')] };
  const claims = {
    iss: door.issuer ?? 'slipway',
    aud: door.service ?? 'slipway-registry',
    sub: 'slipway-images',
    jti: randomUUID(),
    iat: now,
    nbf: now - 30,
    exp: now + 3600,
    access: [{ type: 'repository', name: repository, actions: ['pull', 'push'] }],
  };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = createSign('RSA-SHA256')
    .update(input)
    .sign(createPrivateKey(readFileSync(door.keyFile)));
  return `${input}.${signature.toString('base64url')}`;
}

function expect(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer;
  throw new Error(`the registry answered ${answer.status} instead of ${status}: ${answer.text.slice(0, 500)}`);
}

function send(method: string, url: URL, headers: Record<string, string>, body?: Readable | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const make = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = make(url, { method, headers }, (incoming) => {
      let text = '';
      incoming.on('data', (data) => {
        text += data;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    if (body && !Buffer.isBuffer(body)) pipeline(body, outgoing).catch(reject);
    else outgoing.end(body);
  });
}
