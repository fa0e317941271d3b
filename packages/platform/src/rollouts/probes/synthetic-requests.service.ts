import { Agent, request } from 'node:http';
import { Injectable } from '@nestjs/common';
import { gateways } from '@slipway/orchestrator/kinds';
import { gateway } from '../../applications/application-scopes.service.js';
import { ClustersService } from '../../clusters/clusters.service.js';
import { Clock } from '../../kernel/clock/clock.js';
import { Database } from '../../kernel/database/index.js';
import type { findSyntheticTraffic } from '../analysis/rollout-analysis.rules.js';
import { candidateHeader } from '../rollout-objects.js';
import type { LoadedRollout } from '../rollout-record.js';

type Wanted = NonNullable<ReturnType<typeof findSyntheticTraffic>>;

/** Where a cluster's gateway answers plain requests. */
interface Door {
  readonly host: string;
  readonly port: number;
}

const timeoutMilliseconds = 10_000;

/**
 * Asks both releases what users do not ask: through the gateway, which counts it like theirs, so that the verdict is about the way that
 * they take. Whether it is answered is for the gateway's series to tell. Applications know it by its User-Agent.
 */
@Injectable()
export class SyntheticRequests {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 50 });

  constructor(
    private readonly clusters: ClustersService,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** What is due in so many milliseconds, evenly spread over them. A gateway that cannot be found is asked nothing. */
  async send({ scope, row }: LoadedRollout, wanted: Wanted, milliseconds: number, ending: AbortSignal): Promise<void> {
    const door = await this.findDoor(scope.environment.cluster);
    const domain = await this.database.read.domain.findFirst({
      where: { placementId: scope.placement.id, isDefault: true },
    });
    if (!door || !domain) return;
    const count = Math.max(1, Math.round((wanted.requestsPerSecond * milliseconds) / 1000));
    const isForCandidate = (index: number) => (wanted.candidate && wanted.stable ? index % 2 === 0 : wanted.candidate);
    const work = Array.from({ length: count }, async (_, index) => {
      await this.clock.sleep((index * milliseconds) / count, ending);
      const own: Readonly<Record<string, string>> = isForCandidate(index) ? { [candidateHeader]: row.id } : {};
      await this.ask(door, wanted.path, { host: domain.hostname, 'user-agent': 'slipway-synthetic', ...own }, ending);
    });
    await Promise.all(work);
  }

  private ask(door: Door, path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => resolve();
      const asked = request({ ...door, path, headers, agent: this.agent, timeout: timeoutMilliseconds, signal });
      asked.on('response', (response) => response.resume().on('end', done).on('error', done));
      asked.on('timeout', () => asked.destroy());
      asked.on('error', done);
      asked.end();
    });
  }

  /** By what the Gateway says of itself, as any controller of Gateway API does. */
  private async findDoor(cluster: string): Promise<Door | undefined> {
    const found = await this.clusters.use(cluster, (client) => client.find(gateways, gateway.name, gateway.namespace));
    const host = found?.status?.addresses?.[0]?.value;
    const port = found?.spec.listeners.find(({ protocol }) => protocol === 'HTTP')?.port;
    return host === undefined || port === undefined ? undefined : { host, port };
  }
}
