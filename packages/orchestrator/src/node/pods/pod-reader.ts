import type { KubeClient } from '../../client/index.js';
import { configMaps, type Pod, type Secret, secrets, serviceAccounts, type TokenRequest } from '../../kinds/index.js';
import type { Clock } from '../../runtime/index.js';
import { PodConfigError } from './environment.js';
import type { VolumeSources } from './volumes.js';

/** Reads what pods refer to. */
export interface PodReader {
  sourcesOf(pod: Pod): VolumeSources;
  /** The pod's own pull secrets and those of its service account; missing ones are left out, as upstream does. */
  pullSecretsOf(pod: Pod): Promise<readonly Secret[]>;
  forget(podUid: string): void;
}

interface KnownToken {
  readonly token: string;
  readonly renewAtMs: number;
}

export function createPodReader(client: KubeClient, clock: Clock): PodReader {
  const tokens = new Map<string, KnownToken>();

  const requestToken = async (pod: Pod, audience: string | undefined, expirationSeconds: number) => {
    const { name, namespace, uid } = pod.metadata;
    const key = `${uid}/${audience ?? ''}/${expirationSeconds}`;
    const known = tokens.get(key);
    if (known && known.renewAtMs > clock.now()) return known.token;
    const account = pod.spec?.serviceAccountName || 'default';
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: audience === undefined ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    };
    const response = await client.request('POST', path, { body });
    if (!response.ok) {
      throw new PodConfigError(
        `no token for the service account "${account}": ${response.status} ${await response.text()}`,
      );
    }
    const { status } = (await response.json()) as TokenRequest;
    const token = status?.token ?? '';
    // Renewed when a fifth of its life is left.
    const lifeMs = Date.parse(status?.expirationTimestamp ?? '') - clock.now() || expirationSeconds * 1000;
    tokens.set(key, { token, renewAtMs: clock.now() + lifeMs * 0.8 });
    return token;
  };

  return {
    sourcesOf(pod) {
      const { namespace } = pod.metadata;
      return {
        configMap: (name) => client.find(configMaps, name, namespace),
        secret: (name) => client.find(secrets, name, namespace),
        token: (audience, expirationSeconds) => requestToken(pod, audience, expirationSeconds),
      };
    },
    async pullSecretsOf(pod) {
      const { namespace } = pod.metadata;
      const own = (pod.spec?.imagePullSecrets ?? []).map((one) => one.name ?? '');
      const account =
        own.length > 0
          ? undefined
          : await client.find(serviceAccounts, pod.spec?.serviceAccountName || 'default', namespace);
      const names = new Set([...own, ...(account?.imagePullSecrets ?? []).map((one) => one.name ?? '')]);
      const found = await Promise.all([...names].filter(Boolean).map((name) => client.find(secrets, name, namespace)));
      return found.filter((one) => one !== undefined);
    },
    forget: (uid) => {
      for (const key of tokens.keys()) if (key.startsWith(`${uid}/`)) tokens.delete(key);
    },
  };
}
