import type { Container as ContainerSpec, Pod } from '../../kinds/index.js';
import type { ContainerState } from '../cri/types.js';

export interface ObservedSandbox {
  readonly id: string;
  readonly attempt: number;
  readonly ready: boolean;
  readonly createdAtMs: number;
  readonly ip: string;
}

/** One container of the runtime, running or dead. */
export interface ObservedContainer {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  readonly sandboxId: string;
  readonly state: ContainerState;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly image: string;
  readonly imageId: string;
  readonly specImage: string;
}

/** Where the image of a container that is to start stands. */
export type ImageState =
  | { readonly state: 'present' }
  | { readonly state: 'absent' }
  | { readonly state: 'pulling' }
  | { readonly state: 'never' }
  | { readonly state: 'failed'; readonly message: string; readonly retryAtMs: number; readonly backingOff: boolean };

/** The last attempt to start a container that came to nothing. */
export interface StartFailure {
  readonly reason: 'CreateContainerConfigError' | 'CreateContainerError' | 'RunContainerError' | 'PostStartHookError';
  readonly message: string;
  readonly retryAtMs: number;
}

export interface ProbeVerdict {
  /** Undefined: no such probe, or no verdict yet. */
  readonly ready?: boolean;
  readonly started?: boolean;
  /** Why the container must be killed. */
  readonly unhealthy?: string;
}

/** All that a decision about one pod rests on. Newest sandbox and newest attempts come first. */
export interface Observed {
  readonly pod: Pod;
  readonly sandboxes: readonly ObservedSandbox[];
  readonly containers: readonly ObservedContainer[];
  readonly images: Readonly<Record<string, ImageState>>;
  readonly probes: Readonly<Record<string, ProbeVerdict>>;
  /** When a container that died may run again, by name. */
  readonly backoffUntilMs: Readonly<Record<string, number>>;
  readonly startFailures: Readonly<Record<string, StartFailure>>;
  readonly sandboxFailure?: { readonly message: string; readonly retryAtMs: number };
  /** Containers that are being stopped already. */
  readonly stopping: ReadonlySet<string>;
  /** Those of them that are told to end in a moment, or have been: nobody is to be sent there any more. */
  readonly leaving: ReadonlySet<string>;
  /** Volumes and directories are gone (only looked at for a pod that is being deleted). */
  readonly cleaned: boolean;
}

export function isSidecar(container: ContainerSpec): boolean {
  return container.restartPolicy === 'Always';
}

/** Every container that a pod's spec names, in the order in which they come to life. */
export function containersOf(pod: Pod): readonly (ContainerSpec & { readonly targetContainerName?: string })[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [...initContainers, ...containers, ...ephemeralContainers];
}

export function newestOf(observed: Pick<Observed, 'containers'>, name: string): ObservedContainer | undefined {
  return observed.containers.find((one) => one.name === name);
}

export function isLive(container: ObservedContainer): boolean {
  return container.state === 'CONTAINER_RUNNING' || container.state === 'CONTAINER_UNKNOWN';
}
