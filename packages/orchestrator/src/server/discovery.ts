import { createHash } from 'node:crypto';
import { apiVersionOf, type JsonObject, type KindDefinition } from '../kinds/index.js';
import type { KindCatalog } from './catalog.js';
import { compareVersions, groupPriority, versionPriority } from './group-order.js';

/** In the order of discovery. */
const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** One resource, in whichever form it is asked for. */
interface Listed {
  plural: string;
  singular: string;
  kind: string;
  isNamespaced: boolean;
  verbs: readonly string[];
  shortNames: readonly string[];
  categories: readonly string[];
  subresources: KindDefinition['subresources'];
  isStored: boolean;
}

interface GroupVersion {
  group: string;
  version: string;
  resources: readonly Listed[];
}

/** A group version that another server answers for; its resources are those of aggregated discovery. */
export interface RemoteGroupVersion {
  group: string;
  version: string;
  groupPriority: number;
  versionPriority: number;
  isFresh: boolean;
  resources: readonly JsonObject[];
}

export interface RemoteGroups {
  /** Changes whenever `groupVersions` would. */
  version(): number;
  groupVersions(): readonly RemoteGroupVersion[];
}

/** What the server serves, as documents: kept as bytes for as long as the catalog stays as it is. */
export interface Discovery {
  /** `/api`. */
  versions(address: string): JsonObject;
  /** `/apis`. */
  groups(): JsonObject;
  /** `/apis/{group}`. */
  findGroup(group: string): JsonObject | undefined;
  /** `/api/v1`, `/apis/{group}/{version}`. */
  findResources(group: string, version: string): JsonObject | undefined;
  /** Everything under `/api` or `/apis` in one answer. */
  aggregated(root: 'api' | 'apis', form: 'v2' | 'v2beta1'): { bytes: Buffer; etag: string };
}

export function createDiscovery(catalog: KindCatalog, remote?: RemoteGroups): Discovery {
  let known: { version: string; all: readonly GroupVersion[]; answers: Map<string, { bytes: Buffer; etag: string }> };

  function current() {
    const version = `${catalog.version}/${remote?.version() ?? 0}`;
    if (known?.version !== version) known = { version, all: groupVersions(catalog), answers: new Map() };
    return known;
  }

  function groups(): readonly { group: string; versions: string[] }[] {
    const found = new Map<string, { group: string; priority: number; versions: Map<string, number> }>();
    const note = (group: string, version: string, priority: number, versionPriority: number) => {
      if (group === '') return;
      const entry = found.get(group) ?? { group, priority: 0, versions: new Map() };
      entry.priority = Math.max(entry.priority, priority);
      if (!entry.versions.has(version)) entry.versions.set(version, versionPriority);
      found.set(group, entry);
    };
    // The first to name a version says what it is worth: who answers for it.
    for (const each of remote?.groupVersions() ?? [])
      note(each.group, each.version, each.groupPriority, each.versionPriority);
    for (const { group, version } of current().all)
      note(group, version, groupPriority(group), versionPriority(group, version));
    return [...found.values()]
      .sort((a, b) => b.priority - a.priority || (a.group < b.group ? -1 : 1))
      .map(({ group, versions }) => ({
        group,
        versions: [...versions].sort(([a, x], [b, y]) => y - x || compareVersions(a, b)).map(([version]) => version),
      }));
  }

  const apiGroup = ({ group, versions }: { group: string; versions: readonly string[] }): JsonObject => {
    const listed = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }));
    return { name: group, versions: listed, preferredVersion: listed[0] ?? null };
  };

  function versionOf(group: string, version: string): JsonObject {
    const far = remote?.groupVersions().find((each) => each.group === group && each.version === version);
    if (far) return { version, resources: [...far.resources], freshness: far.isFresh ? 'Current' : 'Stale' };
    const own = current().all.find((each) => each.group === group && each.version === version);
    return { version, resources: own?.resources.map((each) => toDiscovery(own, each)) ?? [], freshness: 'Current' };
  }

  function aggregate(root: 'api' | 'apis', form: 'v2' | 'v2beta1'): JsonObject {
    const listed = root === 'api' ? [{ group: '', versions: ['v1'] }] : groups();
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${form}`,
      metadata: {},
      items: listed.map(({ group, versions }) => ({
        metadata: { ...(group !== '' && { name: group }), creationTimestamp: null },
        versions: versions.map((version) => versionOf(group, version)),
      })),
    };
  }

  return {
    versions: (address) => ({
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
    }),
    groups: () => ({ kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(apiGroup) }),
    findGroup: (group) => {
      const found = groups().find((each) => each.group === group);
      return found && { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(found) };
    },
    findResources: (group, version) => {
      const found = current().all.find((each) => each.group === group && each.version === version);
      if (!found) return undefined;
      const resources = found.resources.flatMap((each) => toResources(found, each));
      return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(found), resources };
    },
    aggregated: (root, form) => {
      const { answers } = current();
      const key = `${root}/${form}`;
      let answer = answers.get(key);
      if (!answer) {
        const bytes = Buffer.from(JSON.stringify(aggregate(root, form)));
        answer = { bytes, etag: `"${createHash('sha512').update(bytes).digest('hex').toUpperCase()}"` };
        answers.set(key, answer);
      }
      return answer;
    },
  };
}

function groupVersions(catalog: KindCatalog): GroupVersion[] {
  const found = new Map<string, { group: string; version: string; resources: Listed[] }>();
  const add = (group: string, version: string, listed: Listed) => {
    const key = `${group}/${version}`;
    const entry = found.get(key) ?? { group, version, resources: [] };
    if (!entry.resources.some((each) => each.plural === listed.plural)) entry.resources.push(listed);
    found.set(key, entry);
  };
  for (const kind of catalog.kinds) add(kind.type.group, kind.type.version, listedKind(kind));
  for (const each of found.values()) each.resources.sort((a, b) => (a.plural < b.plural ? -1 : 1));
  return [...found.values()];
}

function listedKind(kind: KindDefinition): Listed {
  const verbs = kind.verbs ?? allVerbs;
  return {
    plural: kind.type.plural,
    singular: kind.singular,
    kind: kind.type.kind,
    isNamespaced: kind.type.namespaced,
    verbs: kind.hasDeleteCollection ? verbs : verbs.filter((each) => each !== 'deletecollection'),
    shortNames: kind.shortNames,
    categories: kind.categories,
    subresources: kind.subresources,
    isStored: verbs.includes('watch'),
  };
}

const storageVersionHash = (group: string, version: string, kind: string) =>
  createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64');

function toResources({ group, version }: GroupVersion, listed: Listed): JsonObject[] {
  return [
    {
      name: listed.plural,
      singularName: listed.singular,
      namespaced: listed.isNamespaced,
      kind: listed.kind,
      verbs: [...listed.verbs],
      ...(listed.shortNames.length > 0 && { shortNames: [...listed.shortNames] }),
      ...(listed.categories.length > 0 && { categories: [...listed.categories] }),
      ...(listed.isStored && { storageVersionHash: storageVersionHash(group, version, listed.kind) }),
    },
    ...listed.subresources.map((each) => ({
      name: `${listed.plural}/${each.name}`,
      singularName: '',
      namespaced: listed.isNamespaced,
      ...(each.group !== undefined && { group: each.group, version: each.version ?? 'v1' }),
      kind: each.kind,
      verbs: [...each.verbs],
    })),
  ];
}

function toDiscovery({ group, version }: GroupVersion, listed: Listed): JsonObject {
  return {
    resource: listed.plural,
    responseKind: { group, version, kind: listed.kind },
    scope: listed.isNamespaced ? 'Namespaced' : 'Cluster',
    singularResource: listed.singular,
    verbs: [...listed.verbs],
    ...(listed.shortNames.length > 0 && { shortNames: [...listed.shortNames] }),
    ...(listed.categories.length > 0 && { categories: [...listed.categories] }),
    ...(listed.subresources.length > 0 && {
      subresources: listed.subresources.map((each) => ({
        subresource: each.name,
        responseKind: { group: each.group ?? group, version: each.version ?? version, kind: each.kind },
        verbs: [...each.verbs],
      })),
    }),
  };
}
