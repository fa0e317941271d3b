import type { Container, Pod, Secret } from '../../kinds/index.js';
import type { Clock } from '../../runtime/index.js';
import type { AuthConfig, ContainerRuntime, Image, SandboxConfig } from '../cri/types.js';
import type { ImageState } from './observed.js';

const firstBackoffMs = 10_000;
const mostBackoffMs = 300_000;

export interface ImagePuller {
  /** Where the image for this attempt of a container stands. */
  stateOf(pod: Pod, container: Container, attempt: number): Promise<ImageState>;
  /** Begins a pull in the background and calls `changed` when it has ended, either way. */
  pull(pod: Pod, container: Container, attempt: number, pull: PullInputs): void;
  findImage(image: string): Promise<Image | undefined>;
  forget(podUid: string): void;
}

export interface PullInputs {
  readonly secrets: () => Promise<readonly Secret[]>;
  readonly sandbox: SandboxConfig;
  readonly onPulling: () => void;
  readonly onPulled: (seconds: number) => void;
  readonly onFailed: (message: string) => void;
  readonly changed: () => void;
}

interface PullRecord {
  image: string;
  attempt: number;
  pulling: boolean;
  pulled: boolean;
  failures: number;
  failedAtMs: number;
  message: string;
}

/** `Always` pulls for every start, `IfNotPresent` when the image is missing, `Never` never; `latest` means Always. */
export function pullPolicyOf(container: Container): string {
  if (container.imagePullPolicy) return container.imagePullPolicy;
  const { tag, digest } = parseImage(container.image ?? '');
  return tag === 'latest' && digest === undefined ? 'Always' : 'IfNotPresent';
}

export function createImagePuller(runtime: ContainerRuntime, clock: Clock): ImagePuller {
  const records = new Map<string, PullRecord>();
  // Two containers that want the same image with the same credentials share one pull.
  const running = new Map<string, Promise<string>>();
  const keyOf = (pod: Pod, container: Container) => `${pod.metadata.uid}/${container.name}`;

  return {
    async stateOf(pod, container, attempt) {
      const known = records.get(keyOf(pod, container));
      const record = known?.image === container.image ? known : undefined;
      if (record?.pulling) return { state: 'pulling' };
      const policy = pullPolicyOf(container);
      if (policy !== 'Always' || (record?.pulled && record.attempt === attempt)) {
        if (await runtime.findImage(container.image ?? '')) return { state: 'present' };
      }
      if (policy === 'Never') return { state: 'never' };
      if (record && record.failures > 0) {
        const delayMs = Math.min(mostBackoffMs, firstBackoffMs * 2 ** (record.failures - 1));
        const sinceMs = clock.now() - record.failedAtMs;
        // First the error itself is shown, then the waiting.
        const backingOff = sinceMs >= 1000;
        const message = backingOff ? `Back-off pulling image "${container.image}": ${record.message}` : record.message;
        return { state: 'failed', message, retryAtMs: record.failedAtMs + delayMs, backingOff };
      }
      return { state: 'absent' };
    },

    pull(pod, container, attempt, inputs) {
      const key = keyOf(pod, container);
      const image = container.image ?? '';
      const before = records.get(key);
      if (before?.pulling && before.image === image) return;
      const failures = before?.image === image ? before.failures : 0;
      const record: PullRecord = { image, attempt, pulling: true, pulled: false, failures, failedAtMs: 0, message: '' };
      records.set(key, record);
      const startedAtMs = clock.now();
      inputs.onPulling();
      const work = async () => {
        const auths = findCredentials(await inputs.secrets(), image);
        const shared = `${image} ${JSON.stringify(auths)}`;
        const pending = running.get(shared) ?? pullWithAny(runtime, image, auths, inputs.sandbox);
        running.set(shared, pending);
        await pending.finally(() => running.delete(shared));
      };
      work().then(
        () => {
          Object.assign(record, { pulling: false, pulled: true, failures: 0 });
          inputs.onPulled((clock.now() - startedAtMs) / 1000);
          inputs.changed();
        },
        (error: unknown) => {
          const message = error instanceof Error ? error.message : String(error);
          Object.assign(record, { pulling: false, failures: failures + 1, failedAtMs: clock.now(), message });
          inputs.onFailed(message);
          inputs.changed();
        },
      );
    },
    findImage: (image) => runtime.findImage(image),
    forget: (uid) => {
      for (const key of records.keys()) if (key.startsWith(`${uid}/`)) records.delete(key);
    },
  };
}

async function pullWithAny(
  runtime: ContainerRuntime,
  image: string,
  auths: readonly AuthConfig[],
  sandbox: SandboxConfig,
): Promise<string> {
  if (auths.length === 0) return runtime.pullImage(image, undefined, sandbox);
  let last: unknown;
  for (const auth of auths) {
    try {
      return await runtime.pullImage(image, auth, sandbox);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

interface DockerAuth {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** The credentials in pull secrets that fit an image, the most specific registry path first. */
export function findCredentials(secrets: readonly Secret[], image: string): AuthConfig[] {
  const { registry, repository } = parseImage(image);
  const wanted = `${registry}/${repository}`;
  const found: { prefix: string; auth: AuthConfig }[] = [];
  for (const secret of secrets) {
    for (const [address, entry] of Object.entries(readDockerConfig(secret))) {
      const prefix = address
        .replace(/^https?:\/\//, '')
        .replace(/\/v[12]\/?$/, '')
        .replace(/\/$/, '');
      const canonical = prefix === 'index.docker.io' || prefix === 'registry-1.docker.io' ? 'docker.io' : prefix;
      if (wanted !== canonical && !wanted.startsWith(`${canonical}/`)) continue;
      found.push({ prefix: canonical, auth: toAuthConfig(entry, canonical) });
    }
  }
  return found.sort((a, b) => b.prefix.length - a.prefix.length).map((one) => one.auth);
}

function toAuthConfig(entry: DockerAuth, serverAddress: string): AuthConfig {
  const [user, ...rest] = Buffer.from(entry.auth ?? '', 'base64')
    .toString('utf8')
    .split(':');
  return {
    username: entry.username ?? user ?? '',
    password: entry.password ?? rest.join(':'),
    serverAddress: toServerAddress(serverAddress),
    identityToken: entry.identitytoken ?? '',
    registryToken: entry.registrytoken ?? '',
  };
}

/** containerd reads it as a URL and sends the credentials to that host alone: a bare `127.0.0.1:7601` would be no URL. */
function toServerAddress(prefix: string): string {
  const host = prefix.split('/')[0];
  return `https://${host === 'docker.io' ? 'registry-1.docker.io' : host}`;
}

function readDockerConfig(secret: Secret): Record<string, DockerAuth> {
  const modern = secret.data?.['.dockerconfigjson'];
  const legacy = secret.data?.['.dockercfg'];
  try {
    if (modern !== undefined) {
      const parsed = JSON.parse(Buffer.from(modern, 'base64').toString('utf8')) as {
        auths?: Record<string, DockerAuth>;
      };
      return parsed.auths ?? {};
    }
    return legacy === undefined ? {} : JSON.parse(Buffer.from(legacy, 'base64').toString('utf8'));
  } catch {
    return {};
  }
}

/** `nginx` → docker.io, library/nginx, latest; `127.0.0.1:7601/shop/web@sha256:…` → its registry, repository, digest. */
export function parseImage(image: string): { registry: string; repository: string; tag?: string; digest?: string } {
  const [named = '', digest] = image.split('@');
  const slash = named.lastIndexOf('/');
  const colon = named.indexOf(':', slash + 1);
  const path = colon === -1 ? named : named.slice(0, colon);
  const tag = colon === -1 ? (digest === undefined ? 'latest' : undefined) : named.slice(colon + 1);
  const first = path.split('/')[0] ?? '';
  const isHost = path.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  const registry = isHost ? first : 'docker.io';
  const rest = isHost ? path.slice(first.length + 1) : path;
  return { registry, repository: isHost || rest.includes('/') ? rest : `library/${rest}`, tag, digest };
}
