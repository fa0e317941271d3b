import { join } from 'node:path';
import type { Pod } from '../../kinds/index.js';
import type { Clock } from '../../runtime/index.js';
import type { ContainerRuntime } from '../cri/types.js';
import { podLabels } from '../cri/types.js';
import { readLog } from '../logs/read-log.js';
import { podPaths } from '../pods/paths.js';

export interface LogRequest {
  readonly pod: Pod;
  readonly container: string;
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
}

export class LogRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const liveCheckMs = 500;

/** The chosen attempt's output. @throws LogRefusal where there is nothing to read, or the query is wrong */
export async function openLog(
  request: LogRequest,
  tools: { readonly runtime: ContainerRuntime; readonly clock: Clock; readonly directory: string },
): Promise<AsyncGenerator<Buffer>> {
  const { pod, query, container } = request;
  const uid = pod.metadata.uid ?? '';
  const previous = flagOf(query, 'previous');
  const attempts = (await tools.runtime.listContainers(uid))
    .filter((one) => one.labels[podLabels.container] === container)
    .sort((a, b) => b.metadata.attempt - a.metadata.attempt || b.createdAt - a.createdAt);
  const chosen = attempts[previous ? 1 : 0];
  if (!chosen) throw new LogRefusal(400, whyNone(pod, container, previous));
  const paths = podPaths(tools.directory, uid);
  const sinceTime = query.get('sinceTime');
  const sinceSeconds = numberOf(query, 'sinceSeconds');
  let checkedAtMs = 0;
  let live = true;
  return readLog(join(paths.logs, paths.logFile(container, chosen.metadata.attempt)), {
    follow: flagOf(query, 'follow') && !previous,
    tailLines: numberOf(query, 'tailLines'),
    sinceMs: sinceTime
      ? Date.parse(sinceTime)
      : sinceSeconds === undefined
        ? undefined
        : tools.clock.now() - sinceSeconds * 1000,
    timestamps: flagOf(query, 'timestamps'),
    limitBytes: numberOf(query, 'limitBytes'),
    signal: request.signal,
    isLive: async () => {
      if (tools.clock.now() - checkedAtMs < liveCheckMs) return live;
      checkedAtMs = tools.clock.now();
      const status = await tools.runtime.findContainer(chosen.id);
      live = status?.state === 'CONTAINER_RUNNING' || status?.state === 'CONTAINER_CREATED';
      return live;
    },
    pause: (milliseconds, signal) => tools.clock.sleep(milliseconds, signal),
  });
}

function whyNone(pod: Pod, container: string, previous: boolean): string {
  const named = `container "${container}" in pod "${pod.metadata.name}"`;
  if (previous) return `previous terminated ${named} not found`;
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const statuses = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  const reason = statuses.find((one) => one.name === container)?.state?.waiting?.reason;
  switch (reason) {
    case undefined:
      return `${named} is not available`;
    case 'ErrImagePull':
      return `${named} is waiting to start: image can't be pulled`;
    case 'ImagePullBackOff':
      return `${named} is waiting to start: trying and failing to pull image`;
    default:
      return `${named} is waiting to start: ${reason}`;
  }
}

function flagOf(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== 'false' && value !== '0';
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0)
    throw new LogRefusal(400, `${name} must be a whole number, not "${value}"`);
  return number;
}
