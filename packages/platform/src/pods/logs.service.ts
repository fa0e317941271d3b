import { createInterface } from 'node:readline';
import { Injectable } from '@nestjs/common';
import type { KubeClient } from '@slipway/orchestrator/client';
import { type Pod, pods } from '@slipway/orchestrator/kinds';
import type { PlacementScope } from '../applications/application-scopes.service.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { Clock } from '../kernel/clock/clock.js';
import type { Request, Response } from '../kernel/http/route.js';
import {
  type ServerSentEvent,
  sendEvents,
  sendText,
  signalOf,
  wantsEvents,
} from '../kernel/http/server-sent-events.js';
import type { LogsQuery } from './pods.dto.js';
import { parseLogLine, parseSeconds } from './pods.rules.js';
import { selectorOf } from './pods.service.js';

interface Line {
  readonly pod: string;
  readonly process: string;
  readonly at: string | null;
  readonly text: string;
}

const lookMilliseconds = 2_000;

/** The logs of an application's pods, merged. Followed, it also follows the pods that come later. */
@Injectable()
export class LogsService {
  constructor(
    private readonly clusters: ClustersService,
    private readonly clock: Clock,
  ) {}

  async send(scope: PlacementScope, query: LogsQuery, request: Request, response: Response): Promise<void> {
    const signal = signalOf(response);
    const client = await this.clusters.client(scope.environment.cluster);
    // Fails here, while there is still a status to answer with.
    const found = await this.clusters.use(scope.environment.cluster, () => this.findPods(client, scope, query));
    const lines =
      query.follow === 'true'
        ? this.follow(client, scope, query, signal)
        : this.read(client, scope, found, query, signal);
    if (wantsEvents(request)) await sendEvents(response, toEvents(lines, signal));
    else await sendText(response, toText(lines, query.pod === undefined));
  }

  private async findPods(client: KubeClient, scope: PlacementScope, query: LogsQuery): Promise<Pod[]> {
    const { items } = await client.list(pods, {
      namespace: scope.environment.namespace,
      labelSelector: selectorOf(scope, query.process),
    });
    return items.filter((pod) => query.pod === undefined || pod.metadata.name === query.pod);
  }

  /** What there is, ordered by time over all pods. */
  private async *read(
    client: KubeClient,
    scope: PlacementScope,
    found: readonly Pod[],
    query: LogsQuery,
    signal: AbortSignal,
  ) {
    const lines: Line[] = [];
    for (const pod of found)
      for await (const line of this.linesOf(client, scope, pod, query, false, signal)) lines.push(line);
    yield* lines.sort((a, b) => ((a.at ?? '') < (b.at ?? '') ? -1 : 1));
  }

  private async *follow(
    client: KubeClient,
    scope: PlacementScope,
    query: LogsQuery,
    signal: AbortSignal,
  ): AsyncGenerator<Line> {
    const seen = new Set<string>();
    const queue: Line[] = [];
    let wake = () => {};
    const copy = async (pod: Pod): Promise<void> => {
      for await (const line of this.linesOf(client, scope, pod, query, true, signal)) {
        queue.push(line);
        wake();
      }
      // A pod that still runs restarted its container, or the stream broke off: it is taken up again.
      seen.delete(pod.metadata.uid ?? '');
    };
    const lastSeen = new Map<string, string>();
    while (!signal.aborted) {
      const found = await this.findPods(client, scope, query).catch(() => []);
      for (const pod of found) {
        const uid = pod.metadata.uid ?? '';
        const isStarted = (pod.status?.containerStatuses ?? []).some(
          (status) => status.state?.running ?? status.state?.terminated,
        );
        if (seen.has(uid) || !isStarted) continue;
        seen.add(uid);
        void copy(pod).catch(() => seen.delete(uid));
      }
      const until = this.clock.now().getTime() + lookMilliseconds;
      while (!signal.aborted && this.clock.now().getTime() < until) {
        const line = queue.shift();
        if (line) {
          const last = lastSeen.get(line.pod);
          // A stream that is taken up again repeats what was told.
          if (last !== undefined && line.at !== null && line.at <= last) continue;
          if (line.at !== null) lastSeen.set(line.pod, line.at);
          yield line;
          continue;
        }
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race([woken, this.clock.sleep(until - this.clock.now().getTime(), signal)]);
      }
    }
  }

  private async *linesOf(
    client: KubeClient,
    scope: PlacementScope,
    pod: Pod,
    query: LogsQuery,
    follow: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<Line> {
    const name = pod.metadata.name ?? '';
    const process = pod.metadata.labels?.['slipway.dev/process'] ?? '';
    const sinceSeconds = query.since === undefined ? undefined : parseSeconds(query.since);
    try {
      const options = { container: process, follow, tailLines: query.tail, sinceSeconds, timestamps: true, signal };
      const stream = await client.podLog(scope.environment.namespace, name, options);
      for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
        yield { pod: name, process, ...parseLogLine(line) };
      }
    } catch (error) {
      // A pod that has no log yet, or no longer, is no reason to tell nothing of the others.
      if (follow) throw error;
    }
  }
}

async function* toEvents(lines: AsyncIterable<Line>, signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
  for await (const data of lines) yield { event: 'line', data };
  if (!signal.aborted) yield { event: 'end', data: {} };
}

async function* toText(lines: AsyncIterable<Line>, withPod: boolean): AsyncGenerator<string> {
  for await (const { pod, text } of lines) yield withPod ? `${pod}: ${text}\n` : `${text}\n`;
}
