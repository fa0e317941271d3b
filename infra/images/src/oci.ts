import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** What a container of the image is started with. */
export interface ImageConfig {
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A layer that lies in the layout: the digest of its tar beside that of its compressed blob. */
export interface Layer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The processor's name as image indexes spell it. */
export const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

/** Where a blob lies in an OCI image layout. */
export function blobFile(layout: string, digest: string): string {
  return join(layout, 'blobs', digest.replace(':', '/'));
}

/** Compresses a tar into the layout. The same tar gives the same blob. */
export async function addLayer(layout: string, tar: Readable): Promise<Layer> {
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const part = join(layout, 'blobs', `layer-${process.pid}-${Math.trunc(performance.now())}.part`);
  const plain = meter();
  const packed = meter();
  await pipeline(tar, plain.stream, createGzip({ level: 4 }), packed.stream, createWriteStream(part));
  const digest = packed.digest();
  renameSync(part, blobFile(layout, digest));
  return { descriptor: { mediaType: layerType, digest, size: packed.size() }, diffId: plain.digest() };
}

/** Finishes a layout of one image and names it; answers its manifest's descriptor. */
export function writeImage(layout: string, name: string, layers: readonly Layer[], config: ImageConfig): Descriptor {
  const environment = { PATH: path, ...config.environment };
  const configDescriptor = addJson(layout, configType, {
    architecture,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: {
      Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      Entrypoint: config.entrypoint,
      Cmd: config.command,
      User: config.user,
      WorkingDir: config.workingDirectory,
      Labels: config.labels,
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'slipway' })),
  });
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: configDescriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  };
  const descriptor = addJson(layout, manifestType, manifest);
  const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name };
  const index = {
    schemaVersion: 2,
    manifests: [{ ...descriptor, annotations, platform: { architecture, os: 'linux' } }],
  };
  writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  return descriptor;
}

/** The manifest of a layout of one image, and the bytes that its digest is of. */
export function readImage(layout: string): {
  descriptor: Descriptor;
  manifest: Manifest;
  bytes: Buffer;
  layers: Layer[];
} {
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
  const [descriptor] = index.manifests;
  if (!descriptor) throw new Error(`${layout} holds no image: remove it and build again`);
  const bytes = readFileSync(blobFile(layout, descriptor.digest));
  const manifest = JSON.parse(bytes.toString('utf8')) as Manifest;
  const config = JSON.parse(readFileSync(blobFile(layout, manifest.config.digest), 'utf8')) as {
    rootfs: { diff_ids: string[] };
  };
  const layers = manifest.layers.map((layer, i) => ({ descriptor: layer, diffId: config.rootfs.diff_ids[i] ?? '' }));
  return { descriptor, manifest, bytes, layers };
}

/** True where the layout was finished. */
export function hasImage(layout: string): boolean {
  return existsSync(join(layout, 'index.json'));
}

export function readBlob(layout: string, digest: string): Readable {
  return createReadStream(blobFile(layout, digest));
}

/** Fills a new layout aside and puts it in place at once, so that a layout is either whole or not there. */
export async function createLayout(layout: string, fill: (directory: string) => Promise<void>): Promise<void> {
  const part = `${layout}.part-${process.pid}`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  try {
    await fill(part);
    rmSync(layout, { recursive: true, force: true });
    renameSync(part, layout);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

function addJson(layout: string, mediaType: string, value: unknown): Descriptor {
  const bytes = Buffer.from(JSON.stringify(value));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  writeFileSync(blobFile(layout, digest), bytes);
  return { mediaType, digest, size: bytes.length };
}

function meter() {
  const hash = createHash('sha256');
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  let digest: string | undefined;
  return {
    stream,
    size: () => size,
    digest: () => {
      digest ??= `sha256:${hash.digest('hex')}`;
      return digest;
    },
  };
}
