import { readFile } from 'node:fs/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  createKubeClient,
  isNotFound,
  type KubeClient,
  type KubeConnection,
  KubeError,
  parseKubeconfig,
} from '@slipway/orchestrator/client';
import { namespaces, nodes } from '@slipway/orchestrator/kinds';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { type ClusterAnswer, toNodeAnswer } from './clusters.dto.js';
import { fail } from './clusters.errors.js';
import { toOwnerSelector } from './clusters.rules.js';

export const embeddedCluster = 'embedded';

/** The clusters the platform drives, all through the Kubernetes API. The embedded one is named by SLIPWAY_KUBECONFIG. */
@Injectable()
export class ClustersService implements OnApplicationShutdown {
  private current: { text: string; connection: KubeConnection; client: KubeClient } | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'kubeconfig'>,
    private readonly clock: Clock,
  ) {}

  /** A client of the cluster; made anew when its kubeconfig has changed. Throws 404, or 503 while there is no kubeconfig. */
  async client(cluster: string = embeddedCluster): Promise<KubeClient> {
    return (await this.load(cluster)).client;
  }

  /** Where and as whom the cluster is reached, for the proxy. */
  async connection(cluster: string): Promise<KubeConnection> {
    return (await this.load(cluster)).connection;
  }

  /** Runs `work` with the cluster's client; a cluster that is away is `cluster-unavailable` (503). */
  async use<T>(cluster: string, work: (client: KubeClient) => Promise<T>): Promise<T> {
    const client = await this.client(cluster);
    try {
      return await work(client);
    } catch (cause) {
      if (cause instanceof KubeError || cause instanceof SlipwayError) throw cause;
      throw fail('cluster-unavailable', { cause, retryAfterSeconds: 3 });
    }
  }

  async list(): Promise<{ items: ClusterAnswer[]; nextCursor: null }> {
    return { items: [await this.get(embeddedCluster)], nextCursor: null };
  }

  /** The cluster with its nodes as they are now; `unreachable` where it does not answer. */
  async get(name: string): Promise<ClusterAnswer> {
    if (name !== embeddedCluster) throw fail('cluster-not-found');
    const base = { id: embeddedCluster, name: embeddedCluster, kind: 'embedded' as const };
    try {
      return await this.use(name, async (client) => {
        const version = await client
          .request('GET', '/version')
          .then((answer) => answer.json() as Promise<{ gitVersion?: string }>);
        const list = await client.list(nodes);
        const { server } = await this.connection(name);
        return {
          ...base,
          server,
          kubernetesVersion: version.gitVersion ?? null,
          state: 'ready',
          nodes: list.items.map(toNodeAnswer),
        };
      });
    } catch {
      return {
        ...base,
        server: this.current?.connection.server ?? null,
        kubernetesVersion: null,
        state: 'unreachable',
        nodes: [],
      };
    }
  }

  /**
   * Deletes the namespaces of a tenant, project or environment and waits until they are gone, at most 30 seconds: then it
   * throws, so that the job tries again.
   */
  async deleteNamespaces(
    owner: { tenant: string; project?: string; environment?: string },
    signal: AbortSignal,
  ): Promise<void> {
    await this.use(embeddedCluster, async (client) => {
      // Adopted ones are given back before; if one is not yet, it is not ours to delete.
      const labelSelector = `${toOwnerSelector(owner)},!slipway.dev/adopted`;
      for (let attempt = 0; attempt < 60 && !signal.aborted; attempt++) {
        const { items } = await client.list(namespaces, { labelSelector });
        if (items.length === 0) return;
        for (const { metadata } of items) {
          if (metadata.deletionTimestamp) continue;
          await client.delete(namespaces, metadata.name ?? '').catch((error: unknown) => {
            if (!isNotFound(error)) throw error;
          });
        }
        await this.clock.sleep(500, signal);
      }
      throw new Error('The namespaces are not gone yet.');
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.current?.client.close();
  }

  private async load(cluster: string) {
    if (cluster !== embeddedCluster) throw fail('cluster-not-found');
    try {
      const text = await readFile(this.config.kubeconfig, 'utf8');
      if (this.current?.text === text) return this.current;
      const connection = await parseKubeconfig(text);
      const before = this.current;
      this.current = { text, connection, client: createKubeClient(connection) };
      // What still runs on the old client ends by itself.
      await before?.client.close().catch(() => undefined);
      return this.current;
    } catch (cause) {
      if (this.current) return this.current;
      throw fail('cluster-unavailable', { cause, retryAfterSeconds: 3 });
    }
  }
}
