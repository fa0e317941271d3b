import { apiVersionOf, type JsonObject, type KindDefinition, kindDefinitions } from '../kinds/index.js';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

interface GroupVersion {
  group: string;
  version: string;
  kinds: readonly KindDefinition[];
}

/** Kinds that can be created but are kept nowhere: answers to questions. */
const reviews: readonly { group: string; plural: string; kind: string; namespaced: boolean }[] = [
  { group: 'authentication.k8s.io', plural: 'tokenreviews', kind: 'TokenReview', namespaced: false },
  {
    group: 'authorization.k8s.io',
    plural: 'localsubjectaccessreviews',
    kind: 'LocalSubjectAccessReview',
    namespaced: true,
  },
  {
    group: 'authorization.k8s.io',
    plural: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    namespaced: false,
  },
  {
    group: 'authorization.k8s.io',
    plural: 'selfsubjectrulesreviews',
    kind: 'SelfSubjectRulesReview',
    namespaced: false,
  },
  { group: 'authorization.k8s.io', plural: 'subjectaccessreviews', kind: 'SubjectAccessReview', namespaced: false },
];

function groupVersions(): GroupVersion[] {
  const found = new Map<string, GroupVersion & { kinds: KindDefinition[] }>();
  for (const kind of kindDefinitions) {
    const { group, version } = kind.type;
    const known = found.get(group) ?? { group, version, kinds: [] };
    known.kinds.push(kind);
    found.set(group, known);
  }
  for (const { group } of reviews) if (!found.has(group)) found.set(group, { group, version: 'v1', kinds: [] });
  return [...found.values()];
}

const all = groupVersions();
const named = all.filter((each) => each.group !== '');
const verbsOf = (kind: KindDefinition) =>
  kind.hasDeleteCollection ? verbs : verbs.filter((each) => each !== 'deletecollection');

export function apiVersions(address: string): JsonObject {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  };
}

function apiGroup({ group, version }: GroupVersion): JsonObject {
  const preferred = { groupVersion: `${group}/${version}`, version };
  return { name: group, versions: [preferred], preferredVersion: preferred };
}

export function apiGroupList(): JsonObject {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: named.map(apiGroup) };
}

export function findApiGroup(group: string): JsonObject | undefined {
  const found = named.find((each) => each.group === group);
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(found) };
}

export function findResourceList(group: string, version: string): JsonObject | undefined {
  const found = all.find((each) => each.group === group && each.version === version);
  if (!found) return undefined;
  const resources = found.kinds.flatMap((kind) => [
    {
      name: kind.type.plural,
      singularName: kind.singular,
      namespaced: kind.type.namespaced,
      kind: kind.type.kind,
      verbs: verbsOf(kind),
      ...(kind.shortNames.length > 0 && { shortNames: [...kind.shortNames] }),
      ...(kind.categories.length > 0 && { categories: [...kind.categories] }),
    },
    ...kind.subresources.map((each) => ({
      name: `${kind.type.plural}/${each.name}`,
      singularName: '',
      namespaced: kind.type.namespaced,
      ...(each.group !== undefined && { group: each.group, version: each.version ?? 'v1' }),
      kind: each.kind,
      verbs: [...each.verbs],
    })),
  ]);
  const questions = reviews
    .filter((each) => each.group === group)
    .map((each) => ({
      name: each.plural,
      singularName: each.kind.toLowerCase(),
      namespaced: each.namespaced,
      kind: each.kind,
      verbs: ['create'],
    }));
  const groupVersion = apiVersionOf({ group, version });
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [...resources, ...questions] };
}

/** Aggregated discovery: everything under `/api` or `/apis` in one answer. */
export function aggregatedDiscovery(root: 'api' | 'apis'): JsonObject {
  const listed = root === 'api' ? all.filter((each) => each.group === '') : named;
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: listed.map(({ group, version, kinds }) => ({
      metadata: { name: group, creationTimestamp: null },
      versions: [
        {
          version,
          freshness: 'Current',
          resources: [
            ...kinds.map((kind) => ({
              resource: kind.type.plural,
              responseKind: { group, version, kind: kind.type.kind },
              scope: kind.type.namespaced ? 'Namespaced' : 'Cluster',
              singularResource: kind.singular,
              verbs: verbsOf(kind),
              shortNames: [...kind.shortNames],
              categories: [...kind.categories],
              subresources: kind.subresources.map((each) => ({
                subresource: each.name,
                responseKind: { group: each.group ?? group, version: each.version ?? version, kind: each.kind },
                verbs: [...each.verbs],
              })),
            })),
            ...reviews
              .filter((each) => each.group === group)
              .map((each) => ({
                resource: each.plural,
                responseKind: { group, version: 'v1', kind: each.kind },
                scope: each.namespaced ? 'Namespaced' : 'Cluster',
                singularResource: each.kind.toLowerCase(),
                verbs: ['create'],
              })),
          ],
        },
      ],
    })),
  };
}
