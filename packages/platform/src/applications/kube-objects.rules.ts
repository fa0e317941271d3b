import { createHash } from 'node:crypto';
import { managedBy, toSelector } from '../kernel/kubernetes/labels.js';
import {
  type CommandHook,
  defaultResources,
  type Processes,
  type ResolvedProcess,
  resolveProcesses,
  type Scaling,
  toCommand,
} from './applications.rules.js';
import { type PodSecurityLevel, probes, resources, secureContainer, securePod } from './pod-parts.rules.js';

/** A Kubernetes object as data: what is sent, before the server adds its own fields. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: 'ConfigMap' | 'Secret' | 'Pod' | 'Deployment' | 'Service' | 'HTTPRoute' | 'ListenerSet';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    /** Null takes one away. */
    readonly annotations?: Readonly<Record<string, string | null>>;
  };
  readonly [field: string]: unknown;
}

/** Where an application's objects stand. */
export interface Place {
  readonly tenant: string;
  readonly project: string;
  readonly environment: string;
  readonly application: string;
  readonly namespace: string;
}

/** One release as it stands in a place. `secrets` are values in clear: never log this. */
export interface ReleaseInput extends Place {
  readonly release: number;
  readonly image: string;
  readonly processes: Processes;
  readonly scaling: Scaling;
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** What the project's namespaces are held to; default: `restricted`. */
  readonly podSecurity?: PodSecurityLevel;
}

/** Two releases stand side by side in two slots; see docs/design/releases.md. */
export type Slot = 'a' | 'b';
export const otherSlot = (slot: Slot): Slot => (slot === 'a' ? 'b' : 'a');

/** What of a release stands in a slot. */
export interface SlotInput {
  readonly slot: Slot;
  readonly processes: 'all' | 'listening' | 'workers';
  /** Other numbers than the release and the scaling say. */
  readonly replicas?: (process: ResolvedProcess) => number;
  /** The old pods end before the new ones begin. */
  readonly recreates?: boolean;
}

export interface TrafficInput extends Place {
  readonly stable: Slot;
  /** Of each slot that holds a release. */
  readonly processes: Readonly<Partial<Record<Slot, readonly ResolvedProcess[]>>>;
  /** Thousandths that go to the slot that is not stable. */
  readonly weight: number;
  /** Other Services with their thousandths; the stable slot has what is left. */
  readonly shares?: readonly { readonly service: string; readonly weight: number }[];
  /** Requests that match one of them go there whatever the weight. */
  readonly matches: readonly RouteMatch[];
  /** Percent of the requests that go there as well. */
  readonly mirrored: number;
  readonly hostnames: readonly string[];
  /** Where that slot answers alone. */
  readonly previewHostname?: string;
  /** `cookie:<name>`, `header:<name>` or `gateway`. */
  readonly stickyBy?: string;
  /** The old pods end before the new ones begin: requests wait for those, where the gateway can have them wait. */
  readonly recreates?: boolean;
  /** Those of the host names that have a certificate of their own. */
  readonly secured?: Secured;
}

/** Host names with the Secret that holds each one's certificate, and where the gateway answers TLS. */
export interface Secured {
  readonly port: number;
  /** `isOnly`: who asks without TLS is sent there. */
  readonly hosts: readonly { readonly hostname: string; readonly secret: string; readonly isOnly?: boolean }[];
}

/** An uploaded certificate. `key` is in clear: never log this. */
interface UploadedCertificate {
  readonly secret: string;
  readonly chain: string;
  readonly key: string;
}

/** A match of an HTTPRoute; all that it names must hold. */
export interface RouteMatch {
  readonly headers?: readonly ValueMatch[];
  readonly queryParams?: readonly ValueMatch[];
}

interface ValueMatch {
  readonly type: 'Exact' | 'RegularExpression';
  readonly name: string;
  readonly value: string;
}

export type ObjectsInput = ReleaseInput & Pick<TrafficInput, 'hostnames'>;

export const pullSecretName = 'slipway-registry';
export const gateway = { name: 'slipway', namespace: 'slipway-system' } as const;

/** A pod is gone from every endpoint list and gateway well within this; only then is its process told to stop. */
const endpointDrainSeconds = 5;
const terminationGraceSeconds = 35;
/** Longer than pods take to start; who asks has left by then, or is told that nobody is there. */
const hold = '50s';
export const progressDeadlineSeconds = 300;

type Labels = Readonly<Record<string, string>>;

/** Labels that never change for one process: a Deployment's selector may hold no others. */
export function selectorLabels(input: Omit<Place, 'namespace'>, process?: string): Labels {
  return {
    'slipway.dev/tenant': input.tenant,
    'slipway.dev/project': input.project,
    'slipway.dev/environment': input.environment,
    'slipway.dev/application': input.application,
    ...(process === undefined ? {} : { 'slipway.dev/process': process }),
  };
}

/** The same as a label selector is written in a query. */
export const labelSelectorOf = (input: Omit<Place, 'namespace'>, process?: string): string =>
  toSelector(selectorLabels(input, process));

const releaseLabel = (release: number): Labels => ({ 'slipway.dev/release': String(release) });
export const configName = (application: string, release: number): string => `${application}-${release}`;
export const deploymentName = (application: string, process: string, slot: Slot = 'a'): string =>
  slot === 'a' ? `${application}-${process}` : `${application}-${process}-slot-${slot}`;
/** A process that does not listen has no traffic to share, so it stands once: in the first slot. */
export const slotOf = ({ port }: Pick<ResolvedProcess, 'port'>, slot: Slot): Slot => (port === undefined ? 'a' : slot);
export const serviceName = (application: string, process: string): string =>
  process === 'web' ? application : `${application}-${process}`;

export const slotServiceName = (application: string, slot: Slot): string => `${application}-slot-${slot}`;

/** What an application with one release in force is charged for. The Services of its slots are the platform's. */
export function planObjects(input: ObjectsInput): readonly Manifest[] {
  const processes = resolveProcesses(input.processes, input.scaling);
  const calm = { stable: 'a', weight: 0, matches: [], mirrored: 0 } as const;
  const all = [
    ...planRelease(input, { slot: 'a', processes: 'all' }),
    ...planTraffic({ ...input, ...calm, processes: { a: processes } }),
  ];
  return all.filter(({ kind, metadata }) => kind !== 'Service' || metadata.labels['slipway.dev/slot'] === undefined);
}

/** A release's objects in a slot, in the order in which they must be applied. */
export function planRelease(input: ReleaseInput, slot: SlotInput): readonly Manifest[] {
  const processes = resolveProcesses(input.processes, input.scaling).filter(
    ({ port }) => slot.processes === 'all' || (slot.processes === 'listening') === (port !== undefined),
  );
  return [...planConfig(input), ...processes.map((process) => deployment(input, process, slot))];
}

/** The config of a release, which its pods and its hooks read. */
export const planConfig = (input: ReleaseInput): readonly Manifest[] => [configMap(input), secret(input)];

/** The container of a hook: the release's image, config and limits, with a command of its own. */
export function planHookContainer(input: ReleaseInput, hook: CommandHook): Record<string, unknown> {
  const processes = resolveProcesses(input.processes, input.scaling);
  const { resources } = processes.find(({ name }) => name === (hook.process ?? 'web')) ?? {
    resources: defaultResources,
  };
  return container(input, { name: 'hook', command: toCommand(hook.command), replicas: 1, resources });
}

/** What leads to the releases: a Service for each process that listens, one for each slot of `web`, and the route. */
export function planTraffic(input: TrafficInput): readonly Manifest[] {
  const stable = input.processes[input.stable] ?? [];
  const webOf = (slot: Slot) => input.processes[slot]?.find(({ name, port }) => name === 'web' && port !== undefined);
  const isRouted = webOf(input.stable) !== undefined && input.hostnames.length > 0;
  return [
    ...stable.flatMap((process) => (process.port === undefined ? [] : [service(input, process, process.port)])),
    ...(isRouted ? slots.map((slot) => slotService(input, slot, webOf(slot) ?? webOf(input.stable))) : []),
    ...(isRouted && isSecured(input) ? [listenerSet(input, input.secured)] : []),
    ...(isRouted ? httpRoutes(input) : []),
    ...(isRouted && input.previewHostname ? [previewRoute(input, input.previewHostname)] : []),
  ];
}

const slots: readonly Slot[] = ['a', 'b'];

function metadata(input: Place, name: string, labels: Labels): Manifest['metadata'] {
  return { name, namespace: input.namespace, labels: { ...managedBy, ...labels } };
}

function configMap(input: ReleaseInput): Manifest {
  const name = configName(input.application, input.release);
  const labels = { ...selectorLabels(input), ...releaseLabel(input.release) };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(input, name, labels),
    immutable: true,
    data: { ...input.variables },
  };
}

function secret(input: ReleaseInput): Manifest {
  const name = configName(input.application, input.release);
  const labels = { ...selectorLabels(input), ...releaseLabel(input.release) };
  const data = Object.fromEntries(
    Object.entries(input.secrets).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
  );
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata(input, name, labels),
    type: 'Opaque',
    immutable: true,
    data,
  };
}

const slotLabel = (slot: Slot): Labels => ({ 'slipway.dev/slot': slot });

function service(input: TrafficInput, process: ResolvedProcess, port: number): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(input, serviceName(input.application, process.name), selectorLabels(input, process.name)),
    spec: {
      type: 'ClusterIP',
      selector: { ...selectorLabels(input, process.name), ...slotLabel(input.stable) },
      ports: [{ name: 'http', protocol: 'TCP', port: process.name === 'web' ? 80 : port, targetPort: port }],
    },
  };
}

function slotService(input: TrafficInput, slot: Slot, web: ResolvedProcess | undefined): Manifest {
  const labels = { ...selectorLabels(input, 'web'), ...slotLabel(slot) };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(input, slotServiceName(input.application, slot), labels),
    spec: {
      type: 'ClusterIP',
      selector: labels,
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: web?.port }],
    },
  };
}

const certificateLabel = 'slipway.dev/certificate';
/** Whether a Secret was made of an uploaded certificate: it stands for a host name, and of no release. */
export const isCertificate = (labels: Labels = {}): boolean => labels[certificateLabel] !== undefined;

/** The Secrets of uploaded certificates. They are renewed in place. */
export function planCertificates(input: Place, certificates: readonly UploadedCertificate[]): readonly Manifest[] {
  const encode = (text: string) => Buffer.from(text, 'utf8').toString('base64');
  return certificates.map(({ secret, chain, key }) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata(input, secret, { ...selectorLabels(input), [certificateLabel]: 'uploaded' }),
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': encode(chain), 'tls.key': encode(key) },
  }));
}

const isSecured = (input: TrafficInput): input is TrafficInput & { readonly secured: Secured } =>
  input.secured !== undefined && input.secured.hosts.length > 0;

/** Its own listeners for its host names; the certificates are in its own namespace, and no other's routes get there. */
function listenerSet(input: TrafficInput, { port, hosts }: Secured): Manifest {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'ListenerSet',
    metadata: metadata(input, input.application, selectorLabels(input, 'web')),
    spec: {
      parentRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', ...gateway },
      listeners: hosts.map(({ hostname, secret }) => ({
        name: `h-${createHash('sha256').update(hostname).digest('hex').slice(0, 16)}`,
        hostname,
        port,
        protocol: 'HTTPS',
        tls: { mode: 'Terminate', certificateRefs: [{ group: '', kind: 'Secret', name: secret }] },
        allowedRoutes: { namespaces: { from: 'Same' } },
      })),
    },
  };
}

const anyPath = { type: 'PathPrefix', value: '/' };
const gatewayRef = { group: 'gateway.networking.k8s.io', kind: 'Gateway', ...gateway };
const parentRefs = [gatewayRef];
const listenerSetRef = (name: string) => ({ group: 'gateway.networking.k8s.io', kind: 'ListenerSet', name });
/** With a dot, which no application's name has. */
export const previewName = (application: string): string => `${application}.preview`;

/** The candidate under a name of its own: nobody comes there who was not told. */
function previewRoute(input: TrafficInput, hostname: string): Manifest {
  const name = slotServiceName(input.application, otherSlot(input.stable));
  const backendRefs = [{ group: '', kind: 'Service', name, port: 80, weight: 1 }];
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: metadata(input, previewName(input.application), selectorLabels(input, 'web')),
    spec: { parentRefs, hostnames: [hostname], rules: [{ matches: [{ path: anyPath }], backendRefs }] },
  };
}

/**
 * The route of an application; where some of its host names are for TLS alone, these have one of their own and one that sends there who
 * asks without. The latter come first: a host name is always led somewhere while it changes over.
 */
function httpRoutes(input: TrafficInput): readonly Manifest[] {
  const hosts = isSecured(input) ? input.secured.hosts : [];
  const only = hosts.filter(({ isOnly }) => isOnly).map(({ hostname }) => hostname);
  const both = input.hostnames.filter((hostname) => !only.includes(hostname));
  const isOwn = hosts.some(({ hostname }) => both.includes(hostname));
  const sets = [listenerSetRef(input.application)];
  const toBoth = { name: input.application, hostnames: both, parentRefs: [...parentRefs, ...(isOwn ? sets : [])] };
  if (only.length === 0 || !isSecured(input)) return [httpRoute(input, toBoth)];
  const overTls = { hostnames: only, parentRefs: [{ ...gatewayRef, sectionName: 'https' }, ...sets] };
  const redirect = redirectRoute(input, only, input.secured.port);
  // The application's own route is always there, and never without a host name: that would mean all.
  if (both.length === 0) return [redirect, httpRoute(input, { ...overTls, name: input.application })];
  return [redirect, httpRoute(input, { ...overTls, name: `${input.application}.https` }), httpRoute(input, toBoth)];
}

function redirectRoute(input: TrafficInput, hostnames: readonly string[], port: number): Manifest {
  const requestRedirect = { scheme: 'https', ...(port === 443 ? {} : { port }), statusCode: 301 };
  const filters = [{ type: 'RequestRedirect', requestRedirect }];
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: metadata(input, `${input.application}.redirect`, selectorLabels(input, 'web')),
    spec: {
      parentRefs: [{ ...gatewayRef, sectionName: 'http' }],
      hostnames: [...hostnames],
      rules: [{ matches: [{ path: anyPath }], filters }],
    },
  };
}

interface RouteFor {
  readonly name: string;
  readonly hostnames: readonly string[];
  readonly parentRefs: readonly object[];
}

/** The slots always stand in this order, so that a change of weight is one number at the gateway. */
function httpRoute(input: TrafficInput, { name: own, hostnames, parentRefs: parents }: RouteFor): Manifest {
  const toService = (name: string, weight: number) => ({ group: '', kind: 'Service', name, port: 80, weight });
  const backend = (slot: Slot, weight: number) => toService(slotServiceName(input.application, slot), weight);
  const { weight, shares = [] } = input;
  const left = shares.reduce((sum, share) => sum - share.weight, 1000 - weight);
  const free = otherSlot(input.stable);
  const { group, kind, name, port } = backend(free, 1);
  const mirror = {
    type: 'RequestMirror',
    requestMirror: { backendRef: { group, kind, name, port }, percent: input.mirrored },
  };
  const matched = input.matches.map((match) => ({ path: anyPath, ...match }));
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: {
      ...metadata(input, own, selectorLabels(input, 'web')),
      annotations: {
        'slipway.dev/traffic-key': input.stickyBy ?? null,
        'slipway.dev/hold': input.recreates ? hold : null,
      },
    },
    spec: {
      parentRefs: parents,
      hostnames: [...hostnames],
      rules: [
        ...(matched.length > 0 ? [{ matches: matched, backendRefs: [backend(free, 1)] }] : []),
        {
          matches: [{ path: anyPath }],
          ...(input.mirrored > 0 ? { filters: [mirror] } : {}),
          backendRefs: [
            ...slots.map((slot) => backend(slot, slot === free ? weight : left)),
            ...shares.map((share) => toService(share.service, share.weight)),
          ],
        },
      ],
    },
  };
}

function deployment(input: ReleaseInput, process: ResolvedProcess, { slot, replicas, recreates }: SlotInput): Manifest {
  const own = slotOf(process, slot);
  const selector = { ...selectorLabels(input, process.name), ...(process.port === undefined ? {} : slotLabel(own)) };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(input, deploymentName(input.application, process.name, own), {
      ...selector,
      ...releaseLabel(input.release),
    }),
    spec: {
      replicas: replicas?.(process) ?? process.replicas,
      revisionHistoryLimit: 3,
      progressDeadlineSeconds,
      minReadySeconds: 0,
      strategy: recreates
        ? { type: 'Recreate', rollingUpdate: null }
        : { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: { ...managedBy, ...selector, ...releaseLabel(input.release) } },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: terminationGraceSeconds,
          imagePullSecrets: [{ name: pullSecretName }],
          securityContext: securePod(input.podSecurity),
          containers: [container(input, process)],
        },
      },
    },
  };
}

function container(input: ReleaseInput, process: ResolvedProcess): Record<string, unknown> {
  const config = configName(input.application, input.release);
  return {
    name: process.name,
    image: input.image,
    imagePullPolicy: 'IfNotPresent',
    ...(process.command ? { command: [...process.command] } : {}),
    ...(process.port === undefined ? {} : { ports: [{ name: 'http', containerPort: process.port, protocol: 'TCP' }] }),
    env: environment(input, process),
    envFrom: [{ configMapRef: { name: config } }, { secretRef: { name: config } }],
    resources: resources(process.resources),
    ...probes(process),
    ...(process.port === undefined ? {} : { lifecycle: { preStop: { sleep: { seconds: endpointDrainSeconds } } } }),
    securityContext: secureContainer(input.podSecurity),
  };
}

/** `env` wins over `envFrom` in Kubernetes, so PORT is left to the owner's own value where there is one. */
function environment(input: ReleaseInput, process: ResolvedProcess): readonly { name: string; value: string }[] {
  const own = (name: string): boolean => name in input.variables || name in input.secrets;
  const values: Record<string, string> = {
    ...(process.port === undefined ? {} : { PORT: String(process.port) }),
    SLIPWAY_APPLICATION: input.application,
    SLIPWAY_ENVIRONMENT: input.environment,
    SLIPWAY_PROCESS: process.name,
    SLIPWAY_RELEASE: String(input.release),
  };
  return Object.entries(values)
    .filter(([name]) => !own(name))
    .map(([name, value]) => ({ name, value }));
}
