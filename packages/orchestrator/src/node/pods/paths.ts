import { join } from 'node:path';

/** Where a pod's files lie. All of it is removed with the pod. */
export interface PodPaths {
  readonly root: string;
  readonly logs: string;
  readonly volumes: string;
  readonly etcHosts: string;
  volume(name: string): string;
  /** Relative to `logs`. */
  logFile(container: string, attempt: number): string;
  terminationLog(container: string, attempt: number): string;
}

export function podPaths(directory: string, uid: string): PodPaths {
  const root = join(directory, 'pods', uid);
  return {
    root,
    logs: join(root, 'logs'),
    volumes: join(root, 'volumes'),
    etcHosts: join(root, 'etc-hosts'),
    volume: (name) => join(root, 'volumes', name),
    logFile: (container, attempt) => join(container, `${attempt}.log`),
    terminationLog: (container, attempt) => join(root, 'termination', container, String(attempt)),
  };
}
