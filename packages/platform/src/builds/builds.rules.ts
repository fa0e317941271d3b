import type { Pod, Secret } from '@slipway/orchestrator/kinds';
import { managedBy } from '../kernel/kubernetes/labels.js';
import { buildScript, caVariables } from './build-script.js';

export type BuildState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export const isFinalBuild = (state: BuildState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';

export interface BuildPodInput {
  readonly id: string;
  readonly number: number;
  readonly tenant: string;
  readonly project: string;
  readonly application: string;
  /** As a build pod fetches it: an upload by the API's internal route, git from any server or from our own door. */
  readonly source:
    | { readonly type: 'upload'; readonly url: string }
    | { readonly type: 'git'; readonly url: string; readonly ref: string };
  readonly dockerfile: string;
  readonly context: string;
  /** The API as build pods reach it: `http://slipway-api.slipway-system.svc.cluster.local:7601`. */
  readonly apiUrl: string;
  /** The registry's host in image references, and as build pods reach it. */
  readonly registryHost: string;
  readonly registryHostInCluster: string;
  /** Opens this build's source and this application's repository, while the build is running. */
  readonly token: string;
  readonly proxyEnvironment: Readonly<Record<string, string>>;
  readonly caBundle: string | undefined;
}

export const buildDeadlineSeconds = 1800;
const secretPath = '/run/slipway-build';
const home = '/build';

export const buildNamespace = (tenant: string): string => `slipway-builds-${tenant}`;
export const buildPodName = (id: string): string => `build-${id}`;
export const repositoryOf = (names: { tenant: string; project: string; application: string }): string =>
  `${names.tenant}/${names.project}/${names.application}`;

const labels = (input: BuildPodInput): Record<string, string> => ({
  ...managedBy,
  'slipway.dev/tenant': input.tenant,
  'slipway.dev/project': input.project,
  'slipway.dev/application': input.application,
  'slipway.dev/build': String(input.number),
});

/** All that a build pod reads: what is secret and what is long. */
export function planBuildSecret(input: BuildPodInput): Secret {
  const basic = Buffer.from(`build:${input.token}`).toString('base64');
  const files: Record<string, string> = {
    'build.sh': buildScript,
    token: input.token,
    'auth.json': JSON.stringify({ auths: { [input.registryHostInCluster]: { auth: basic } } }),
    'registries.conf': registriesConf(input),
    ...(input.caBundle ? { 'ca.crt': input.caBundle } : {}),
  };
  const data = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
  );
  const metadata = { name: buildPodName(input.id), namespace: buildNamespace(input.tenant), labels: labels(input) };
  return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data };
}

/**
 * A short name is Docker Hub's, as everywhere; Docker Hub's `library/` is ours. So `FROM busybox`, `FROM library/busybox`
 * and `FROM docker.io/library/busybox` all mean the shared image of this installation.
 */
export function registriesConf(input: Pick<BuildPodInput, 'registryHost' | 'registryHostInCluster'>): string {
  const registry = (prefix: string, location: string): string =>
    `[[registry]]\nprefix = ${JSON.stringify(prefix)}\nlocation = ${JSON.stringify(location)}\ninsecure = true\n`;
  const hosts = new Set([input.registryHost, input.registryHostInCluster]);
  return [
    'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "disabled"\n',
    registry('docker.io/library', `${input.registryHostInCluster}/library`),
    ...[...hosts].map((host) => registry(host, input.registryHostInCluster)),
  ].join('\n');
}

/**
 * A build needs user namespaces and mounts, hence no seccomp filter and a set-capability binary (privilege escalation);
 * it has no privilege outside of them: user 1000, default capabilities, no token, a network and limits of its own.
 */
export function planBuildPod(input: BuildPodInput): Pod {
  const environment: Record<string, string> = {
    ...proxyVariables(input),
    HOME: home,
    API_URL: input.apiUrl,
    SOURCE_TYPE: input.source.type,
    SOURCE_URL: input.source.url,
    SOURCE_REF: input.source.type === 'git' ? input.source.ref : '',
    BUILD_CONTEXT: input.context,
    BUILD_DOCKERFILE: input.dockerfile,
    PUSH_TO: `${input.registryHostInCluster}/${repositoryOf(input)}:build-${input.number}`,
    PUSH_NAME: `${input.registryHost}/${repositoryOf(input)}:build-${input.number}`,
    CA_VARIABLES: caVariables.join(' '),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: buildPodName(input.id), namespace: buildNamespace(input.tenant), labels: labels(input) },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: buildDeadlineSeconds,
      terminationGracePeriodSeconds: 2,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000, seccompProfile: { type: 'Unconfined' } },
      containers: [
        {
          name: 'build',
          image: `${input.registryHost}/library/builder:latest`,
          imagePullPolicy: 'Always',
          command: ['/bin/sh', `${secretPath}/build.sh`],
          workingDir: home,
          env: Object.entries(environment).map(([name, value]) => ({ name, value })),
          resources: {
            requests: { cpu: '100m', memory: '256Mi' },
            limits: { cpu: '2', memory: '3Gi', 'ephemeral-storage': '20Gi' },
          },
          securityContext: { allowPrivilegeEscalation: true },
          volumeMounts: [
            { name: 'home', mountPath: home },
            { name: 'build', mountPath: secretPath, readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: 'home', emptyDir: { sizeLimit: '20Gi' } },
        { name: 'build', secret: { secretName: buildPodName(input.id), defaultMode: 0o444 } },
      ],
    },
  };
}

/** Both spellings, as tools differ; our own doors are never asked through a proxy. */
function proxyVariables(input: BuildPodInput): Record<string, string> {
  const given = input.proxyEnvironment;
  if (Object.keys(given).length === 0) return {};
  const none = given['NO_PROXY'] ?? given['no_proxy'] ?? '';
  const hosts = [new URL(input.apiUrl).hostname, input.registryHostInCluster.split(':')[0], '.svc.cluster.local'];
  const noProxy = [...none.split(',').filter((host) => host !== ''), ...hosts].join(',');
  const both = Object.entries(given).flatMap(([name, value]) => [
    [name.toUpperCase(), value],
    [name.toLowerCase(), value],
  ]);
  return { ...Object.fromEntries(both), NO_PROXY: noProxy, no_proxy: noProxy };
}

export type BuildOutcome =
  | { readonly state: 'waiting'; readonly message?: string }
  | { readonly state: 'running' }
  | { readonly state: 'succeeded'; readonly digest: string }
  | { readonly state: 'failed'; readonly error: string };

const digestPattern = /^digest (sha256:[0-9a-f]{64})$/;

/** What a build pod shows; `lastLines` are the end of its log, for node agents without termination messages. */
export function readOutcome(pod: Pod, lastLines: readonly string[]): BuildOutcome {
  const status = pod.status?.containerStatuses?.find((container) => container.name === 'build');
  const terminated = status?.state?.terminated;
  const phase = pod.status?.phase;
  if (phase === 'Failed' && pod.status?.reason === 'DeadlineExceeded') {
    return { state: 'failed', error: `The build took longer than ${buildDeadlineSeconds / 60} minutes.` };
  }
  if (terminated || phase === 'Succeeded' || phase === 'Failed') {
    const report = terminated?.message?.trim() || lastReport(lastLines);
    const digest = digestPattern.exec(report)?.[1];
    if (digest && phase !== 'Failed' && (terminated?.exitCode ?? 0) === 0) return { state: 'succeeded', digest };
    return {
      state: 'failed',
      error: explainFailure(report, terminated?.reason, terminated?.exitCode, pod.status?.message),
    };
  }
  const waiting = status?.state?.waiting;
  if (waiting?.reason === 'ImagePullBackOff' || waiting?.reason === 'ErrImagePull') {
    const isMissing = /not found/i.test(waiting.message ?? '');
    return {
      state: 'waiting',
      message: isMissing
        ? "The builder's image is not in the registry yet: a first start makes it in the background."
        : `The builder's image cannot be pulled: ${waiting.message ?? waiting.reason}`,
    };
  }
  if (waiting?.reason === 'InvalidImageName') {
    return { state: 'failed', error: `The builder's image cannot be pulled: ${waiting.message ?? waiting.reason}` };
  }
  if (waiting?.reason === 'CreateContainerConfigError' || waiting?.reason === 'RunContainerError') {
    return { state: 'failed', error: `The build could not be started: ${waiting.message ?? waiting.reason}` };
  }
  if (status?.state?.running) return { state: 'running' };
  const unscheduled = pod.status?.conditions?.find(
    (condition) => condition.type === 'PodScheduled' && condition.status === 'False',
  );
  return { state: 'waiting', message: unscheduled?.message ?? waiting?.message };
}

export const reportMark = '::slipway:: ';

function lastReport(lines: readonly string[]): string {
  const line = [...lines].reverse().find((text) => text.startsWith(reportMark));
  return line?.slice(reportMark.length).trim() ?? '';
}

function explainFailure(
  report: string,
  reason: string | undefined,
  exitCode: number | undefined,
  message: string | undefined,
): string {
  if (reason === 'OOMKilled') return 'The build ran out of memory (3 GiB).';
  if (report.startsWith('error ')) return report.slice('error '.length);
  return message ?? `The build stopped without a result (exit code ${exitCode ?? 'unknown'}): see its log.`;
}
