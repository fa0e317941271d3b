import type { Health } from './health.js';

/** Name of the supervisor's own record among the processes. */
export const supervisorName = 'supervisor';
/** Every service that there may be, external ones included. */
export const serviceNames = [
  'postgres',
  'redis',
  'containerd',
  'registry',
  'gateway',
  'prometheus',
  'alertmanager',
  'keycloak',
  'cluster',
  'api',
  'worker',
  'portal',
  'images',
];

/** All that the supervisor must know of one process. */
export interface Service {
  readonly name: string;
  /** Services that must be ready before the first start of this one. */
  readonly needs: readonly string[];
  readonly command: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly identity?: { readonly uid: number; readonly gid: number };
  /** Where it can be reached, for the status table. */
  readonly address: string;
  /** Before every start; idempotent. Throws with the remedy where the service cannot be started. */
  readonly prepare?: () => void | Promise<void>;
  /** A program that must succeed before the first start under this supervisor, such as migrations. */
  readonly before?: readonly string[];
  /** Once it is healthy and before others may use it; idempotent. */
  readonly settle?: () => Promise<void>;
  readonly health?: Health;
  /** How long the first healthy answer may take. */
  readonly startSeconds: number;
  readonly stopSignal: NodeJS.Signals;
  readonly graceSeconds: number;
  /** False where children must live on when it is killed (containerd and its shims). */
  readonly endsItsGroup?: boolean;
  /** Ends by itself; success is final, failure is tried again. */
  readonly isOneShot?: boolean;
  /** Changes whenever the program itself does; together with command and environment it says whether to restart. */
  readonly build?: string;
}

export type ServiceState =
  | 'waiting'
  | 'starting'
  | 'ready'
  | 'unhealthy'
  | 'restarting'
  | 'stopping'
  | 'stopped'
  | 'done';

export interface ServiceStatus {
  readonly name: string;
  readonly state: ServiceState;
  readonly pid?: number;
  readonly restarts: number;
  /** Milliseconds since 1970 of the current start. */
  readonly since?: number;
  /** Seconds from start to the first healthy answer. */
  readonly readySeconds?: number;
  readonly address: string;
  readonly isOneShot: boolean;
  /** What went wrong last. */
  readonly message?: string;
}
