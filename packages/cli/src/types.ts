/** The resources as version 1 of the REST API answers them. */
interface Named {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string | null;
}
export interface Me {
  readonly id: string;
  readonly username: string;
  readonly displayName?: string | null;
  readonly email?: string | null;
  readonly isAdmin: boolean;
  readonly memberships: readonly { readonly tenant: string; readonly role: string }[];
}
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly token?: string;
  readonly createdAt?: string;
  readonly expiresAt?: string | null;
  readonly lastUsedAt?: string | null;
}
export interface User extends Named {
  readonly username: string;
  readonly displayName?: string | null;
  readonly email?: string | null;
  readonly isAdmin: boolean;
}
export interface Tenant extends Named {
  readonly displayName?: string | null;
  readonly state: string;
  readonly projectCount?: number;
  readonly memberCount?: number;
  readonly myRole?: string | null;
}
export interface Member {
  readonly username: string;
  readonly displayName?: string | null;
  readonly email?: string | null;
  readonly role: string;
}
export interface Project extends Named {
  readonly displayName?: string | null;
  readonly environmentCount?: number;
  readonly state?: string;
}
export interface Environment extends Named {
  readonly kind: string;
  readonly namespace: string;
  readonly cluster: string;
  readonly state?: string;
  readonly message?: string | null;
}
export type Source =
  | { readonly type: 'git'; readonly url: string; readonly ref?: string | null }
  | { readonly type: 'image'; readonly image: string }
  | { readonly type: 'archive' | 'push' };
export interface Process {
  readonly command?: readonly string[] | string | null;
  readonly port?: number | null;
  readonly replicas?: number;
  readonly resources?: { readonly cpu?: string; readonly memory?: string };
  readonly healthCheck?: { readonly path: string } | null;
}
export interface Application extends Named {
  readonly displayName?: string | null;
  readonly source: Source;
  readonly build?: { readonly dockerfile?: string; readonly context?: string };
  readonly processes?: Readonly<Record<string, Process>>;
  readonly gitUrl?: string | null;
  readonly environments?: readonly {
    readonly name: string;
    readonly state: string;
    readonly release?: number | null;
    readonly url?: string | null;
  }[];
}
export interface Upload {
  readonly id: string;
  readonly digest: string;
  readonly sizeBytes: number;
}
export interface Build {
  readonly id: string;
  readonly number: number;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly source?: unknown;
  readonly image?: string | null;
  readonly release?: number | null;
  readonly rollout?: string | null;
  readonly error?: unknown;
  readonly createdAt?: string;
  readonly startedAt?: string | null;
  readonly finishedAt?: string | null;
}
export interface Release {
  readonly id: string;
  readonly number: number;
  readonly hash: string;
  readonly image: string;
  readonly createdBy?: string | null;
  readonly createdAt: string;
  readonly description?: string | null;
  readonly config?: unknown;
  readonly processes?: Readonly<Record<string, Process>>;
}
export interface ReleaseDiff {
  readonly changes: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[];
}
export interface RolloutStep {
  readonly name: string;
  readonly state: string;
  readonly message?: string | null;
  readonly startedAt?: string | null;
  readonly finishedAt?: string | null;
}
export interface Rollout {
  readonly id: string;
  readonly environment: string;
  readonly release: number;
  readonly previousRelease?: number | null;
  readonly strategy: string;
  readonly state: 'pending' | 'progressing' | 'healthy' | 'failed' | 'aborted';
  readonly steps: readonly RolloutStep[];
  readonly error?: unknown;
  readonly createdAt?: string;
  readonly startedAt?: string | null;
  readonly finishedAt?: string | null;
}
export interface AppConfig {
  readonly version: number;
  readonly rollout?: string | null;
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, { readonly version: number; readonly updatedAt: string }>>;
}
export interface Scaling {
  readonly rollout?: string | null;
  readonly processes: Readonly<
    Record<
      string,
      {
        readonly replicas: number;
        readonly ready?: number;
        readonly resources?: { readonly cpu?: string; readonly memory?: string };
      }
    >
  >;
}
export interface Domain {
  readonly hostname: string;
  readonly isDefault: boolean;
  readonly url: string;
}
export interface Status {
  readonly state: string;
  readonly release?: number | null;
  readonly url?: string | null;
  readonly processes: readonly { readonly name: string; readonly desired: number; readonly ready: number }[];
  readonly rollout?: unknown;
  readonly lastChange?: unknown;
}
export interface Pod {
  readonly name: string;
  readonly process: string;
  readonly release?: number | string | null;
  readonly phase: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly startedAt?: string | null;
  readonly node?: string | null;
  readonly ip?: string | null;
  readonly message?: string | null;
}
export interface Cluster {
  readonly name: string;
  readonly kind: string;
  readonly server: string;
  readonly kubernetesVersion?: string | null;
  readonly state: string;
  readonly nodes?: readonly {
    readonly name: string;
    readonly ready: boolean;
    readonly cpu?: unknown;
    readonly memory?: unknown;
    readonly pods?: unknown;
  }[];
}
export interface AuditEvent {
  readonly at: string;
  readonly actor: unknown;
  readonly action: string;
  readonly resource: unknown;
  readonly tenant?: string | null;
  readonly source?: unknown;
  readonly requestId?: string | null;
}
export interface LogLine {
  readonly at?: string;
  readonly stream?: string;
  readonly pod?: string;
  readonly process?: string;
  readonly text: string;
}
