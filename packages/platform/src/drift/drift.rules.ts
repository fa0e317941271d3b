import { isDeepStrictEqual } from 'node:util';
import { type Manifest, parseCpuMillis, parseMemoryBytes } from '../applications/application-scopes.service.js';

/** A member's name; or an item of a list, by its own name or by where it stands. */
type Segment = string | { readonly item: string | number };

/** One place where the cluster is not as the platform left it. An absent side is null: `change` says which. */
export interface Difference {
  readonly kind: Manifest['kind'];
  readonly name: string;
  readonly path: readonly Segment[];
  /** `deleted`: the object is not there. Of a field: `removed` was taken away, `added` was written by somebody else. */
  readonly change: 'deleted' | 'changed' | 'removed' | 'added';
  readonly wanted: unknown;
  readonly found: unknown;
  readonly isSecret: boolean;
}

interface Acceptance {
  readonly by: string;
  readonly at: string;
  readonly reason: string;
}

export interface Finding extends Difference {
  readonly since: string;
  /** Somebody lets it be until the next release, or until it changes again. */
  readonly accepted?: Acceptance;
}

/** An object of the cluster, as far as it is read here. */
export interface Live {
  readonly metadata: { readonly name?: string };
  readonly [field: string]: unknown;
}

/**
 * What is compared: every leaf that we wrote, and of what we leave out those fields that change what runs or where requests go.
 * All else that is there was put there by the cluster (defaults, addresses, notes of controllers) and is no difference. By the
 * place in the object, a list's items being `[]`; `all`: the whole of what stands there is ours.
 */
const watched: Readonly<Partial<Record<Manifest['kind'], Readonly<Record<string, readonly string[] | 'all'>>>>> = {
  Deployment: {
    spec: ['paused'],
    'spec.template.spec': [
      'affinity',
      'dnsConfig',
      'hostAliases',
      'hostIPC',
      'hostNetwork',
      'hostPID',
      'initContainers',
      'nodeName',
      'nodeSelector',
      'priorityClassName',
      'runtimeClassName',
      'serviceAccountName',
      'tolerations',
      'topologySpreadConstraints',
      'volumes',
    ],
    'spec.template.spec.securityContext': ['fsGroup', 'runAsGroup', 'runAsUser', 'supplementalGroups', 'sysctls'],
    'spec.template.spec.containers[]': [
      'args',
      'command',
      'lifecycle',
      'livenessProbe',
      'ports',
      'readinessProbe',
      'startupProbe',
      'stdin',
      'tty',
      'volumeDevices',
      'volumeMounts',
      'workingDir',
    ],
    'spec.template.spec.containers[].resources.limits': 'all',
    'spec.template.spec.containers[].resources.requests': 'all',
    'spec.template.spec.containers[].securityContext': [
      'privileged',
      'readOnlyRootFilesystem',
      'runAsGroup',
      'runAsNonRoot',
      'runAsUser',
    ],
    'spec.template.spec.containers[].securityContext.capabilities': ['add', 'drop'],
    'spec.template.spec.containers[].env[]': ['valueFrom'],
  },
  Service: {
    spec: ['externalIPs', 'externalName', 'loadBalancerIP', 'loadBalancerSourceRanges'],
    'spec.selector': 'all',
  },
  HTTPRoute: {
    'metadata.annotations': ['slipway.dev/traffic-key', 'slipway.dev/hold'],
    'spec.rules[]': ['filters', 'sessionPersistence', 'timeouts'],
    'spec.rules[].backendRefs[]': ['filters'],
    'spec.rules[].matches[]': ['headers', 'method', 'queryParams'],
  },
  ConfigMap: { data: 'all', '': ['binaryData'] },
  Secret: { data: 'all' },
};

/** What differs between what was written and what is there; `scaled`: something else decides how many pods there are. */
export function compare(wanted: Manifest, live: Live | undefined, scaled = false): readonly Difference[] {
  const { kind, metadata, apiVersion: _, ...content } = wanted;
  const isSecret = kind === 'Secret';
  const about = { kind, name: metadata.name, isSecret };
  if (!live) return [{ ...about, path: [], change: 'deleted', wanted: null, found: null }];
  const { labels, annotations } = metadata;
  const owned = { metadata: { labels, ...(annotations ? { annotations } : {}) }, ...content };
  return differ(kind, [], owned, live)
    .filter(({ path }) => !(scaled && kind === 'Deployment' && showPath(path) === 'spec.replicas'))
    .map((found) => (isSecret ? { ...about, ...found, wanted: null, found: null } : { ...about, ...found }));
}

type Found = Pick<Difference, 'path' | 'change' | 'wanted' | 'found'>;

function differ(kind: Manifest['kind'], path: readonly Segment[], wanted: unknown, found: unknown): readonly Found[] {
  if (isAbsent(wanted)) return isAbsent(found) ? [] : [{ path, change: 'added', wanted: null, found }];
  if (isAbsent(found)) return isEmpty(wanted) ? [] : [{ path, change: 'removed', wanted, found: null }];
  const changed: Found = { path, change: 'changed', wanted, found };
  if (Array.isArray(wanted)) return Array.isArray(found) ? differLists(kind, changed, wanted, found) : [changed];
  if (typeof wanted !== 'object') return isSame(path, wanted, found) ? [] : [changed];
  if (!isRecord(wanted) || !isRecord(found)) return [changed];
  const extras = watched[kind]?.[patternOf(path)] ?? [];
  const added = Object.keys(found).filter(
    (key) => !(key in wanted) && !isEmpty(found[key]) && (extras === 'all' || extras.includes(key)),
  );
  return [
    ...Object.keys(wanted).flatMap((key) => differ(kind, [...path, key], wanted[key], found[key])),
    ...added.map((key): Found => ({ path: [...path, key], change: 'added', wanted: null, found: found[key] })),
  ];
}

/** Items that have names are told apart by them, whatever their order; others by where they stand. */
function differLists(
  kind: Manifest['kind'],
  { path, ...rest }: Found,
  wanted: readonly unknown[],
  found: readonly unknown[],
): readonly Found[] {
  const [ours, theirs] = [namesOf(wanted), namesOf(found)];
  if (ours && theirs) {
    const items = wanted.flatMap((item, index) => {
      const name = ours[index] ?? '';
      return differ(kind, [...path, { item: name }], item, found[theirs.indexOf(name)]);
    });
    const added = found.flatMap((item, index): Found[] => {
      const name = theirs[index] ?? '';
      return ours.includes(name)
        ? []
        : [{ path: [...path, { item: name }], change: 'added', wanted: null, found: item }];
    });
    return [...items, ...added];
  }
  const isDeep = wanted.length === found.length && wanted.every(isRecord) && found.every(isRecord);
  if (isDeep) return wanted.flatMap((item, index) => differ(kind, [...path, { item: index }], item, found[index]));
  return isDeepStrictEqual(wanted, found) ? [] : [{ path, ...rest }];
}

/** Each item's name; undefined where not all have one of their own. */
function namesOf(items: readonly unknown[]): readonly string[] | undefined {
  const names = items.flatMap((item) => (isRecord(item) && typeof item['name'] === 'string' ? [item['name']] : []));
  return names.length === items.length && new Set(names).size === names.length ? names : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isAbsent = (value: unknown): boolean => value === undefined || value === null;
/** The API leaves out what says nothing. */
const isEmpty = (value: unknown): boolean =>
  isAbsent(value) ||
  value === false ||
  value === '' ||
  (typeof value === 'object' && Object.values(value ?? {}).every(isAbsent));

/** The API writes quantities in its own way: 1024Mi is 1Gi, and 1000m is 1. */
function isSame(path: readonly Segment[], wanted: unknown, found: unknown): boolean {
  if (wanted === found) return true;
  if (!path.includes('resources') || typeof wanted !== 'string') return false;
  const parse = path.at(-1) === 'cpu' ? parseCpuMillis : parseMemoryBytes;
  const [left, right] = [parse(wanted), parse(String(found))];
  return left !== undefined && left === right;
}

const patternOf = (path: readonly Segment[]): string => join(path, () => '[]');

/** As people write it: `spec.template.spec.containers[web].image`; empty for the object itself. */
export const showPath = (path: readonly Segment[]): string => join(path, (item) => `[${item}]`);

const join = (path: readonly Segment[], show: (item: string | number) => string): string =>
  path.reduce<string>(
    (text, segment) =>
      typeof segment === 'string' ? (text ? `${text}.${segment}` : segment) : `${text}${show(segment.item)}`,
    '',
  );

export const keyOf = ({ kind, name, path }: Pick<Difference, 'kind' | 'name' | 'path'>): string =>
  `${kind}/${name}/${showPath(path)}`;

/** What was known of a difference stays with it: since when, and that somebody accepted this very value. */
export function toFindings(
  before: readonly Finding[],
  differences: readonly Difference[],
  now: Date,
): readonly Finding[] {
  const known = new Map(before.map((finding) => [keyOf(finding), finding]));
  return differences.map((difference) => {
    const old = known.get(keyOf(difference));
    if (!old) return { ...difference, since: now.toISOString() };
    const isAsBefore = old.change === difference.change && isDeepStrictEqual(old.found, difference.found);
    return {
      ...difference,
      since: isAsBefore ? old.since : now.toISOString(),
      ...(old.accepted && isAsBefore ? { accepted: old.accepted } : {}),
    };
  });
}

export const isOpen = ({ accepted }: Finding): boolean => accepted === undefined;

/** Those that were not there before, or were something else. */
export function findNew(before: readonly Finding[], after: readonly Finding[]): readonly Finding[] {
  const known = new Set(before.filter(isOpen).map((finding) => `${keyOf(finding)} ${finding.since}`));
  return after.filter((finding) => isOpen(finding) && !known.has(`${keyOf(finding)} ${finding.since}`));
}

/** What brings an object back, but for what somebody accepted. It is sent as a merge patch, or made of it where it is gone. */
export function toHealed(wanted: Manifest, findings: readonly Finding[]): Manifest {
  const healed = structuredClone(wanted);
  const own = findings.filter(({ kind, name }) => kind === wanted.kind && name === wanted.metadata.name);
  for (const { path, change, found, accepted } of own) {
    const isKept = accepted !== undefined;
    if (isKept) setAt(healed, path, found ?? undefined);
    // A patch replaces lists whole, and leaves of an object what it does not name.
    else if (change === 'added' && path.every((segment) => typeof segment === 'string')) setAt(healed, path, null);
  }
  return healed;
}

/** Undefined takes the place away. */
function setAt(root: object, path: readonly Segment[], value: unknown): void {
  let holder: unknown = root;
  for (const segment of path.slice(0, -1)) holder = memberOf(holder, segment);
  const last = path.at(-1);
  if (last === undefined || typeof holder !== 'object' || holder === null) return;
  if (typeof last === 'string') {
    if (value === undefined) Reflect.deleteProperty(holder, last);
    else Reflect.set(holder, last, value);
  } else if (Array.isArray(holder)) {
    const index = indexOf(holder, last.item);
    if (value === undefined && index >= 0) holder.splice(index, 1);
    else if (value !== undefined) holder.splice(index < 0 ? holder.length : index, index < 0 ? 0 : 1, value);
  }
}

function memberOf(holder: unknown, segment: Segment): unknown {
  if (typeof segment !== 'string') return Array.isArray(holder) ? holder[indexOf(holder, segment.item)] : undefined;
  return isRecord(holder) ? holder[segment] : undefined;
}

const indexOf = (items: readonly unknown[], item: string | number): number =>
  typeof item === 'number' ? item : items.findIndex((each) => isRecord(each) && each['name'] === item);
