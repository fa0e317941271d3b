import {
  type Processes,
  parseCpuMillis,
  type ResolvedProcess,
  resolveProcesses,
  type Scaling,
} from './applications.rules.js';

/** A Kubernetes object as data: what is sent, before the server adds its own fields. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: 'ConfigMap' | 'Secret' | 'Deployment' | 'Service' | 'HTTPRoute';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** All that decides an application's objects in one environment. `secrets` are values in clear: never log this. */
export interface ObjectsInput {
  readonly tenant: string;
  readonly project: string;
  readonly environment: string;
  readonly application: string;
  readonly namespace: string;
  readonly release: number;
  readonly image: string;
  readonly processes: Processes;
  readonly scaling: Scaling;
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly hostnames: readonly string[];
  /** What the project's namespaces are held to; default: `restricted`. */
  readonly podSecurity?: PodSecurityLevel;
}

type PodSecurityLevel = 'restricted' | 'baseline';

export const managedBy = { 'app.kubernetes.io/managed-by': 'slipway' } as const;
export const pullSecretName = 'slipway-registry';
const gateway = { name: 'slipway', namespace: 'slipway-system' } as const;

/** A pod is gone from every endpoint list and gateway well within this; only then is its process told to stop. */
const endpointDrainSeconds = 5;
const terminationGraceSeconds = 35;
export const progressDeadlineSeconds = 300;

type Labels = Readonly<Record<string, string>>;

/** Labels that never change for one process: a Deployment's selector may hold no others. */
export function selectorLabels(
  input: Pick<ObjectsInput, 'tenant' | 'project' | 'environment' | 'application'>,
  process?: string,
): Labels {
  return {
    'slipway.dev/tenant': input.tenant,
    'slipway.dev/project': input.project,
    'slipway.dev/environment': input.environment,
    'slipway.dev/application': input.application,
    ...(process === undefined ? {} : { 'slipway.dev/process': process }),
  };
}

const releaseLabel = (release: number): Labels => ({ 'slipway.dev/release': String(release) });
export const configName = (application: string, release: number): string => `${application}-${release}`;
export const deploymentName = (application: string, process: string): string => `${application}-${process}`;
export const serviceName = (application: string, process: string): string =>
  process === 'web' ? application : `${application}-${process}`;

/** The objects of one release in one environment, in the order in which they must be applied. */
export function planObjects(input: ObjectsInput): readonly Manifest[] {
  const processes = resolveProcesses(input.processes, input.scaling);
  const listening = processes.filter((process) => process.port !== undefined);
  const web = listening.find((process) => process.name === 'web');
  return [
    configMap(input),
    secret(input),
    ...listening.map((process) => service(input, process)),
    ...processes.map((process) => deployment(input, process)),
    ...(web && input.hostnames.length > 0 ? [httpRoute(input)] : []),
  ];
}

function metadata(input: ObjectsInput, name: string, labels: Labels): Manifest['metadata'] {
  return { name, namespace: input.namespace, labels: { ...managedBy, ...labels } };
}

function configMap(input: ObjectsInput): Manifest {
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

function secret(input: ObjectsInput): Manifest {
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

function service(input: ObjectsInput, process: ResolvedProcess): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(input, serviceName(input.application, process.name), selectorLabels(input, process.name)),
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(input, process.name),
      ports: [
        { name: 'http', protocol: 'TCP', port: process.name === 'web' ? 80 : process.port, targetPort: process.port },
      ],
    },
  };
}

function httpRoute(input: ObjectsInput): Manifest {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: metadata(input, input.application, selectorLabels(input, 'web')),
    spec: {
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', ...gateway }],
      hostnames: [...input.hostnames],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [
            { group: '', kind: 'Service', name: serviceName(input.application, 'web'), port: 80, weight: 1 },
          ],
        },
      ],
    },
  };
}

function deployment(input: ObjectsInput, process: ResolvedProcess): Manifest {
  const selector = selectorLabels(input, process.name);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(input, deploymentName(input.application, process.name), {
      ...selector,
      ...releaseLabel(input.release),
    }),
    spec: {
      replicas: process.replicas,
      revisionHistoryLimit: 3,
      progressDeadlineSeconds,
      minReadySeconds: 0,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
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

function container(input: ObjectsInput, process: ResolvedProcess): Record<string, unknown> {
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

/** The namespace's own user takes root's place where an image names no other; see the API server's `PodSecurityDefaults`. */
export const securePod = (level: PodSecurityLevel = 'restricted') => ({
  // Written also where it is false: what is merged into a Deployment takes nothing away by saying nothing.
  runAsNonRoot: level === 'restricted',
  seccompProfile: { type: 'RuntimeDefault' },
});

export function secureContainer(level: PodSecurityLevel = 'restricted') {
  const capabilities = { drop: ['ALL'] };
  if (level === 'restricted') return { allowPrivilegeEscalation: false, capabilities };
  // What the entrypoints of common images need to give up root by themselves; nothing that reaches out of the container.
  const add = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID'];
  return { allowPrivilegeEscalation: false, capabilities: { ...capabilities, add } };
}

/** `env` wins over `envFrom` in Kubernetes, so PORT is left to the owner's own value where there is one. */
function environment(input: ObjectsInput, process: ResolvedProcess): readonly { name: string; value: string }[] {
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

/** Memory is reserved whole, since it cannot be taken back; of CPU a quarter (at least 10m) is reserved and the rest shared. */
function resources(amounts: ResolvedProcess['resources']): Record<string, unknown> {
  const millis = Math.max(10, Math.ceil((parseCpuMillis(amounts.cpu) ?? 500) / 4));
  return {
    requests: { cpu: `${millis}m`, memory: amounts.memory },
    limits: { cpu: amounts.cpu, memory: amounts.memory },
  };
}

/** Without a path we know only that the port answers: ready when it does. Liveness waits long, so that a slow start is not killed. */
function probes(process: ResolvedProcess): Record<string, unknown> {
  if (process.port === undefined) return {};
  const check = process.healthPath
    ? { httpGet: { path: process.healthPath, port: process.port, scheme: 'HTTP' } }
    : { tcpSocket: { port: process.port } };
  return {
    readinessProbe: { ...check, periodSeconds: 2, timeoutSeconds: 3, failureThreshold: 3, successThreshold: 1 },
    livenessProbe: {
      ...check,
      initialDelaySeconds: 30,
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 6,
      successThreshold: 1,
    },
  };
}
