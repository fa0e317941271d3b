/** A push of a manifest: the repository's name, as the registry has it. */
export function findManifestPush(method: string, path: string): string | undefined {
  if (method !== 'PUT') return undefined;
  return /^\/v2\/([a-z0-9._/-]+)\/manifests\/[^/?]+(\?.*)?$/.exec(path)?.[1];
}

/** The blobs that a manifest names, once each, with their sizes. Of an index none: its manifests are pushed by themselves. */
export function listBlobs(body: Buffer): ReadonlyMap<string, number> {
  const blobs = new Map<string, number>();
  const manifest = parse(body);
  const layers: unknown = read(manifest, 'layers');
  for (const part of [read(manifest, 'config'), ...(Array.isArray(layers) ? layers : [])]) {
    const [digest, size] = [read(part, 'digest'), read(part, 'size')];
    if (typeof digest === 'string' && /^[a-z0-9]+:[a-f0-9]{32,128}$/.test(digest) && isSize(size))
      blobs.set(digest, size);
  }
  return blobs;
}

const isSize = (size: unknown): size is number => typeof size === 'number' && Number.isSafeInteger(size) && size > 0;

const read = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
