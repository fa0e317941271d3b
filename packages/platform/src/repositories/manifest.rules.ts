/** A push of a manifest: the repository's name, as the registry has it, and the tag or digest. */
export function findManifestPush(method: string, path: string): { repository: string; reference: string } | undefined {
  if (method !== 'PUT') return undefined;
  const [, repository, reference] = /^\/v2\/([a-z0-9._/-]+)\/manifests\/([^/?]+)(?:\?.*)?$/.exec(path) ?? [];
  return repository && reference ? { repository, reference } : undefined;
}

/** A manifest that is fetched, or (HEAD) only asked about: the repository's name and the tag or digest. */
export function findManifestPull(
  method: string,
  path: string,
): { repository: string; reference: string; isFetched: boolean } | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const [, repository, reference] = /^\/v2\/([a-z0-9._/-]+)\/manifests\/([^/?]+)(?:\?.*)?$/.exec(path) ?? [];
  return repository && reference ? { repository, reference, isFetched: method === 'GET' } : undefined;
}

/** A manifest that is deleted: the repository's name and the digest. A tag alone is taken off by no registry of ours. */
export function findManifestRemoval(method: string, path: string): { repository: string; digest: string } | undefined {
  if (method !== 'DELETE') return undefined;
  const [, repository, digest] =
    /^\/v2\/([a-z0-9._/-]+)\/manifests\/([a-z0-9]+:[a-f0-9]{32,128})(?:\?.*)?$/.exec(path) ?? [];
  return repository && digest ? { repository, digest } : undefined;
}

/** Of an index, the digests of its manifests. */
export function listChildren(body: Buffer): readonly string[] {
  const manifests: unknown = read(parse(body), 'manifests');
  return (Array.isArray(manifests) ? manifests : [])
    .map((part: unknown) => read(part, 'digest'))
    .filter((digest): digest is string => typeof digest === 'string' && isDigest(digest));
}

/** The blobs that a manifest names, once each, with their sizes. Of an index none: its manifests are pushed by themselves. */
export function listBlobs(body: Buffer): ReadonlyMap<string, number> {
  const blobs = new Map<string, number>();
  const manifest = parse(body);
  const layers: unknown = read(manifest, 'layers');
  for (const part of [read(manifest, 'config'), ...(Array.isArray(layers) ? layers : [])]) {
    const [digest, size] = [read(part, 'digest'), read(part, 'size')];
    if (typeof digest === 'string' && isDigest(digest) && isSize(size)) blobs.set(digest, size);
  }
  return blobs;
}

export const isDigest = (text: string): boolean => /^[a-z0-9]+:[a-f0-9]{32,128}$/.test(text);

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
