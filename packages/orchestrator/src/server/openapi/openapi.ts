import { createHash } from 'node:crypto';
import { allDefinitions, type JsonObject, type KindDefinition, objectAt } from '../../kinds/index.js';
import type { KindCatalog } from '../catalog.js';
import { rootOf } from './operations.js';
import { documentV2 } from './v2.js';
import { encodeV2 } from './v2-protobuf.js';
import { documentV3 } from './v3.js';

export interface OpenApiDocument {
  bytes: Buffer;
  etag: string;
}

/** The API's own description, made when it is asked for and kept as long as the kinds stay. */
export interface OpenApi {
  /** `/openapi/v3`: where each group version's document is, with a hash to cache it by. */
  index(): JsonObject;
  hashOf(path: string): string | undefined;
  /** `path` as in the index: `apis/apps/v1`. */
  findV3(path: string): OpenApiDocument | undefined;
  v2(form: 'json' | 'protobuf'): OpenApiDocument;
}

const hashed = (bytes: Buffer): OpenApiDocument => ({
  bytes,
  etag: `"${createHash('sha512').update(bytes).digest('hex').toUpperCase()}"`,
});

/** What remote APIs say of themselves; it stands instead of what is said here of the same group version. */
export interface RemoteOpenApi {
  /** Changes whenever `apis` would. */
  version(): number;
  apis(): readonly {
    /** `apis/metrics.k8s.io/v1beta1`. */
    path: string;
    v3: { readonly bytes: Buffer; readonly hash: string } | undefined;
    v2: { readonly paths: JsonObject; readonly definitions: JsonObject } | undefined;
  }[];
}

interface Described {
  kinds: KindDefinition[];
  hash: string;
  /** Made elsewhere. */
  bytes?: Buffer;
}

export function createOpenApi(catalog: KindCatalog, version: string, remote?: RemoteOpenApi): OpenApi {
  let seed: string | undefined;
  const hashes = new WeakMap<KindDefinition, string>();
  let known: { version: string; paths: Map<string, Described> } | undefined;
  const documents = new Map<string, { hash: string; document: OpenApiDocument }>();

  /** Of what a kind's part of a document is made of; making the document itself would cost much more. */
  function hashOfKind(kind: KindDefinition): string {
    let hash = hashes.get(kind);
    if (hash === undefined) {
      const { type, verbs = null, subresources, hasDeleteCollection } = kind;
      const parts = [type, verbs, subresources, hasDeleteCollection, kind.customSchema?.raw ?? kind.schema];
      hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
      hashes.set(kind, hash);
    }
    return hash;
  }

  function paths() {
    const current = `${catalog.version}/${remote?.version() ?? 0}`;
    if (known?.version === current) return known.paths;
    seed ??= createHash('sha256').update(version).update(JSON.stringify(allDefinitions())).digest('hex');
    const found = new Map<string, Described>();
    for (const kind of catalog.kinds) {
      const entry = found.get(rootOf(kind)) ?? { kinds: [], hash: '' };
      entry.kinds.push(kind);
      found.set(rootOf(kind), entry);
    }
    for (const entry of found.values()) {
      const hash = createHash('sha512').update(seed);
      for (const kind of entry.kinds) hash.update(hashOfKind(kind));
      entry.hash = hash.digest('hex').toUpperCase();
    }
    for (const { path, v3 } of remote?.apis() ?? []) {
      found.delete(path);
      if (v3) found.set(path, { kinds: [], hash: v3.hash, bytes: v3.bytes });
    }
    known = { version: current, paths: found };
    for (const path of documents.keys()) if (!path.startsWith('v2/') && !found.has(path)) documents.delete(path);
    return found;
  }

  function kept(key: string, hash: string, make: () => Buffer): OpenApiDocument {
    const last = documents.get(key);
    if (last?.hash === hash) return last.document;
    const document = hashed(make());
    documents.set(key, { hash, document });
    return document;
  }

  return {
    index: () => ({
      paths: Object.fromEntries(
        [...paths()].map(([path, { hash }]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }]),
      ),
    }),
    hashOf: (path) => paths().get(path)?.hash,
    findV3: (path) => {
      const found = paths().get(path);
      const make = ({ bytes, kinds }: Described) => bytes ?? Buffer.from(JSON.stringify(documentV3(kinds, version)));
      return found && kept(path, found.hash, () => make(found));
    },
    v2: (form) => {
      const hash = `${[...paths().values()].map((each) => each.hash).join()}/${remote?.version() ?? 0}`;
      return kept(`v2/${form}`, hash, () => {
        const apis = remote?.apis() ?? [];
        const isOwn = (kind: KindDefinition) => !apis.some(({ path }) => path === rootOf(kind));
        const document = documentV2(catalog.kinds.filter(isOwn), version);
        for (const { v2 } of apis) if (v2) merge(document, v2);
        return form === 'json' ? Buffer.from(JSON.stringify(document)) : encodeV2(document);
      });
    },
  };
}

/** Adds a remote API's paths and what they are described by; a definition that is here already stays as it is. */
function merge(document: JsonObject, { paths, definitions }: { paths: JsonObject; definitions: JsonObject }): void {
  document.paths = { ...objectAt(document, 'paths'), ...paths };
  document.definitions = { ...definitions, ...objectAt(document, 'definitions') };
}
