import { type Container, type Pod, runAsUserAnnotation, type SeccompProfile } from '../../kinds/index.js';
import {
  type ContainerConfig,
  type CriMount,
  containerAnnotations,
  type NamespaceOptions,
  podLabels,
  type SandboxConfig,
  type SecurityProfile,
} from '../cri/types.js';
import { PodConfigError } from './environment.js';
import { containersOf } from './observed.js';
import type { PodPaths } from './paths.js';
import { toLinuxResources } from './pod-resources.js';

export interface ClusterDns {
  readonly serviceIp: string;
  readonly domain: string;
  /** The machine's own, for pods with dnsPolicy Default. */
  readonly hostServers: readonly string[];
  readonly hostSearches: readonly string[];
}

export interface SandboxFacts {
  readonly paths: PodPaths;
  readonly dns: ClusterDns;
  readonly cgroupParent: string;
}

const mostHostnameLength = 63;
/** In its own network a pod may serve port 80 as any user: there is nobody else whose port it could take. */
const lowPorts = { 'net.ipv4.ip_unprivileged_port_start': '0' };

export function toSandboxConfig(pod: Pod, attempt: number, facts: SandboxFacts): SandboxConfig {
  const spec = pod.spec;
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  const security = spec?.securityContext;
  return {
    metadata: { name, namespace, uid, attempt },
    // On the machine's own network it keeps the machine's name: the runtime refuses another one there.
    hostname: spec?.hostNetwork ? '' : hostnameOf(pod),
    logDirectory: facts.paths.logs,
    dnsConfig: toDnsConfig(pod, facts.dns),
    portMappings: spec?.hostNetwork ? [] : toPortMappings(pod),
    labels: {
      ...pod.metadata.labels,
      [podLabels.name]: name,
      [podLabels.namespace]: namespace,
      [podLabels.uid]: uid,
    },
    annotations: {},
    linux: {
      cgroupParent: facts.cgroupParent,
      sysctls: {
        ...(spec?.hostNetwork ? {} : lowPorts),
        ...Object.fromEntries((security?.sysctls ?? []).map((one) => [one.name, one.value])),
      },
      securityContext: {
        namespaceOptions: toNamespaceOptions(pod),
        privileged: containersOf(pod).some((one) => one.securityContext?.privileged === true),
        supplementalGroups: supplementalGroups(pod),
        seccomp: toSecurityProfile(security?.seccompProfile),
      },
    },
  };
}

/** The name a pod gives itself: `spec.hostname`, else its name, cut to what a host name may be. */
export function hostnameOf(pod: Pod): string {
  const name = pod.spec?.hostname || (pod.metadata.name ?? '');
  return name.slice(0, mostHostnameLength).replace(/[-.]+$/, '');
}

/** `web-0.web.shop.svc.cluster.local` where the pod has a subdomain. */
export function fullHostnameOf(pod: Pod, domain: string): string | undefined {
  const subdomain = pod.spec?.subdomain;
  return subdomain ? `${hostnameOf(pod)}.${subdomain}.${pod.metadata.namespace}.svc.${domain}` : undefined;
}

function toDnsConfig(pod: Pod, dns: ClusterDns): SandboxConfig['dnsConfig'] {
  const spec = pod.spec;
  const policy = spec?.dnsPolicy ?? 'ClusterFirst';
  const own = spec?.dnsConfig;
  const options = (own?.options ?? []).map((one) =>
    one.value === undefined ? `${one.name}` : `${one.name}:${one.value}`,
  );
  const cluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !spec?.hostNetwork);
  const base = cluster
    ? {
        servers: [dns.serviceIp],
        searches: [`${pod.metadata.namespace}.svc.${dns.domain}`, `svc.${dns.domain}`, dns.domain, ...dns.hostSearches],
        options: ['ndots:5'],
      }
    : policy === 'None'
      ? { servers: [], searches: [], options: [] }
      : { servers: dns.hostServers, searches: dns.hostSearches, options: [] };
  const named = new Set(options.map((one) => one.split(':')[0]));
  return {
    servers: [...new Set([...base.servers, ...(own?.nameservers ?? [])])],
    searches: [...new Set([...base.searches, ...(own?.searches ?? [])])],
    options: [...base.options.filter((one) => !named.has(one.split(':')[0])), ...options],
  };
}

function toPortMappings(pod: Pod): SandboxConfig['portMappings'] {
  return (pod.spec?.containers ?? []).flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => port.hostPort)
      .map((port) => ({
        protocol:
          port.protocol === 'UDP' ? ('UDP' as const) : port.protocol === 'SCTP' ? ('SCTP' as const) : ('TCP' as const),
        containerPort: port.containerPort,
        hostPort: port.hostPort ?? 0,
        hostIp: port.hostIP ?? '',
      })),
  );
}

function toNamespaceOptions(pod: Pod, targetId?: string): NamespaceOptions {
  const spec = pod.spec;
  const pid = spec?.hostPID ? 'NODE' : spec?.shareProcessNamespace ? 'POD' : 'CONTAINER';
  const options = {
    network: spec?.hostNetwork ? 'NODE' : 'POD',
    pid,
    ipc: spec?.hostIPC ? 'NODE' : 'POD',
  } as const;
  // Where the whole pod shares its processes, a target's are among them.
  return pid === 'CONTAINER' && targetId !== undefined ? { ...options, pid: 'TARGET', targetId } : options;
}

function supplementalGroups(pod: Pod): number[] {
  const security = pod.spec?.securityContext;
  return [...(security?.supplementalGroups ?? []), ...(security?.fsGroup === undefined ? [] : [security.fsGroup])];
}

// Tenants share a kernel: what names no profile gets the runtime's, as with the kubelet's --seccomp-default.
function toSecurityProfile(profile: SeccompProfile | undefined): SecurityProfile {
  if (profile?.type === 'Unconfined') return { profileType: 'Unconfined' };
  if (profile?.type === 'Localhost') return { profileType: 'Localhost', localhostRef: profile.localhostProfile ?? '' };
  return { profileType: 'RuntimeDefault' };
}

// The kubelet's lists: CRI masks only what it is told to.
const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

export interface ContainerFacts {
  readonly paths: PodPaths;
  readonly imageRef: string;
  readonly imageUser: { readonly uid?: number; readonly name: string };
  readonly environment: ReadonlyMap<string, string>;
  readonly mounts: readonly CriMount[];
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** The running container that an ephemeral one shares its processes with. */
  readonly targetId?: string;
}

/**
 * @throws PodConfigError when `runAsNonRoot` does not hold for the image
 */
export function toContainerConfig(
  pod: Pod,
  container: Container,
  attempt: number,
  facts: ContainerFacts,
): ContainerConfig {
  const own = container.securityContext;
  const shared = pod.spec?.securityContext;
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  const runAsUser = userOf(pod, container, facts.imageUser);
  const runAsGroup = own?.runAsGroup ?? shared?.runAsGroup;
  const privileged = own?.privileged === true;
  if (mustNotBeRoot(pod, container)) refuseRoot(container, runAsUser, facts.imageUser);
  return {
    metadata: { name: container.name, attempt },
    image: { image: facts.imageRef },
    command: facts.command,
    args: facts.args,
    workingDir: container.workingDir ?? '',
    envs: [...facts.environment].map(([key, value]) => ({ key, value })),
    mounts: facts.mounts,
    labels: {
      [podLabels.name]: name,
      [podLabels.namespace]: namespace,
      [podLabels.uid]: uid,
      [podLabels.container]: container.name,
    },
    annotations: {
      [containerAnnotations.specImage]: container.image ?? '',
      [containerAnnotations.terminationMessagePath]: container.terminationMessagePath ?? '/dev/termination-log',
    },
    logPath: facts.paths.logFile(container.name, attempt),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: {
      resources: toLinuxResources(container),
      securityContext: {
        capabilities: toCapabilities(own?.capabilities),
        privileged,
        namespaceOptions: toNamespaceOptions(pod, facts.targetId),
        ...(runAsUser !== undefined && { runAsUser: { value: runAsUser } }),
        // CRI refuses a group without a user.
        ...(runAsGroup !== undefined && { runAsGroup: { value: runAsGroup } }),
        ...(runAsGroup !== undefined && runAsUser === undefined && { runAsUser: { value: facts.imageUser.uid ?? 0 } }),
        readonlyRootfs: own?.readOnlyRootFilesystem ?? false,
        supplementalGroups: supplementalGroups(pod),
        noNewPrivs: own?.allowPrivilegeEscalation === false,
        maskedPaths: privileged || own?.procMount === 'Unmasked' ? [] : maskedPaths,
        readonlyPaths: privileged || own?.procMount === 'Unmasked' ? [] : readonlyPaths,
        seccomp: privileged
          ? { profileType: 'Unconfined' }
          : toSecurityProfile(own?.seccompProfile ?? shared?.seccompProfile),
      },
    },
  };
}

const mustNotBeRoot = (pod: Pod, container: Container): boolean =>
  container.securityContext?.runAsNonRoot ?? pod.spec?.securityContext?.runAsNonRoot ?? false;

/**
 * Whom a container is told to run as: what the pod says; where it must not be root and its image names root or a name, the user
 * that the namespace has for such images. Undefined: the image's.
 */
export function userOf(pod: Pod, container: Container, image: ContainerFacts['imageUser']): number | undefined {
  const asked = container.securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser;
  if (asked !== undefined || !mustNotBeRoot(pod, container)) return asked;
  const fallback = Number(pod.metadata.annotations?.[runAsUserAnnotation]);
  return (image.uid ?? 0) === 0 && Number.isInteger(fallback) && fallback > 0 ? fallback : undefined;
}

/**
 * As the pod says, and without NET_RAW unless it is added by name: who may send raw packets can borrow the address of another
 * pod, and so what network policies let that one do. Pod Security `baseline` refuses to add it.
 */
export function toCapabilities(asked: { add?: string[]; drop?: string[] } | undefined) {
  const { add = [], drop = [] } = asked ?? {};
  const isAsked = add.some((name) => ['ALL', 'NET_RAW', 'CAP_NET_RAW'].includes(name));
  return { addCapabilities: add, dropCapabilities: isAsked ? drop : [...drop, 'NET_RAW'] };
}

function refuseRoot(container: Container, runAsUser: number | undefined, image: ContainerFacts['imageUser']): void {
  const uid = runAsUser ?? image.uid;
  if (uid === 0 || (uid === undefined && image.name === '')) {
    throw new PodConfigError(
      `container has runAsNonRoot and image will run as root (container: ${container.name}): set runAsUser`,
    );
  }
  if (uid === undefined) {
    throw new PodConfigError(
      `container has runAsNonRoot and image has non-numeric user (${image.name}), cannot verify user is non-root: set runAsUser`,
    );
  }
}
