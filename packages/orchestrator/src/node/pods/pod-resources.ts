import type { Container, Pod } from '../../kinds/index.js';
import { parseQuantity, toMilliCpu } from '../../kinds/quantity.js';
import type { LinuxResources } from '../cri/types.js';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const cpuPeriodMicroseconds = 100_000;
const minimumQuotaMicroseconds = 1000;
const minimumShares = 2;

/** A container's limits as CRI wants them: shares = cpu × 1024, quota = cpu × period. */
export function toLinuxResources(container: Container): LinuxResources {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const requestMilli = toMilliCpu(requests['cpu'] ?? limits['cpu']);
  const limitMilli = toMilliCpu(limits['cpu']);
  const memory = parseQuantity(limits['memory']);
  return {
    cpuShares: Math.max(minimumShares, Math.floor((requestMilli * 1024) / 1000)),
    ...(limitMilli > 0 && {
      cpuPeriod: cpuPeriodMicroseconds,
      cpuQuota: Math.max(minimumQuotaMicroseconds, Math.floor((limitMilli * cpuPeriodMicroseconds) / 1000)),
    }),
    ...(memory > 0 && { memoryLimitInBytes: Math.floor(memory) }),
  };
}

/** Guaranteed: every container has cpu and memory limits equal to its requests. BestEffort: none has either. */
export function qosClassOf(pod: Pod): QosClass {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  let anything = false;
  let guaranteed = true;
  for (const container of containers) {
    const { requests = {}, limits = {} } = container.resources ?? {};
    for (const name of ['cpu', 'memory']) {
      const limit = parseQuantity(limits[name]);
      const request = requests[name] === undefined ? limit : parseQuantity(requests[name]);
      if (limit > 0 || request > 0) anything = true;
      if (limit === 0 || request !== limit) guaranteed = false;
    }
  }
  if (!anything) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
