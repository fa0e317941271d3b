import { parseCpuMillis, type ResolvedProcess } from './applications.rules.js';

export type PodSecurityLevel = 'restricted' | 'baseline';

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

/** Memory is reserved whole, since it cannot be taken back; of CPU a quarter (at least 10m) is reserved and the rest shared. */
export function resources(amounts: ResolvedProcess['resources']): Record<string, unknown> {
  const millis = Math.max(10, Math.ceil((parseCpuMillis(amounts.cpu) ?? 500) / 4));
  return {
    requests: { cpu: `${millis}m`, memory: amounts.memory },
    limits: { cpu: amounts.cpu, memory: amounts.memory },
  };
}

/** Without a path we know only that the port answers: ready when it does. Liveness waits long, so that a slow start is not killed. */
export function probes(process: ResolvedProcess): Record<string, unknown> {
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
