/** What the API answers, as docs/architecture.md lists it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string | null;
}

interface Named {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const roles = ['owner', 'admin', 'developer', 'operator', 'viewer'] as const;
export type Role = (typeof roles)[number];

export interface Me {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly isAdmin: boolean;
  readonly memberships: readonly { readonly tenant: string; readonly role: Role }[];
}

export interface PersonalToken {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt?: string | null;
}

export interface User extends Named {
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly isAdmin: boolean;
}

export interface Tenant extends Named {
  readonly displayName: string;
  readonly state: string;
  readonly projectCount: number;
  readonly memberCount: number;
  readonly myRole: Role | null;
}

export interface Member {
  readonly username: string;
  readonly displayName?: string;
  readonly role: Role;
  readonly createdAt: string;
}

export interface Project extends Named {
  readonly displayName: string;
}

export type EnvironmentKind = 'production' | 'staging' | 'development';

export interface Environment extends Named {
  readonly kind: EnvironmentKind;
  readonly namespace: string;
  readonly cluster: string;
}

export type HealthState = 'healthy' | 'progressing' | 'degraded' | 'failed' | 'idle';

export type Source =
  | { readonly type: 'git'; readonly url: string; readonly ref?: string | null }
  | { readonly type: 'archive' }
  | { readonly type: 'push' }
  | { readonly type: 'image'; readonly image: string };

export interface Resources {
  readonly cpu?: string;
  readonly memory?: string;
}

export interface ProcessSpec {
  readonly command?: readonly string[] | null;
  readonly port?: number | null;
  readonly replicas?: number;
  readonly resources?: Resources;
  readonly healthCheck?: { readonly path?: string } | null;
}

export interface Application extends Named {
  readonly displayName: string;
  readonly source: Source;
  readonly build: { readonly dockerfile?: string; readonly context?: string } | null;
  readonly processes: Readonly<Record<string, ProcessSpec>>;
  readonly gitUrl: string | null;
  readonly environments: readonly {
    readonly name: string;
    readonly state: HealthState;
    readonly release: number | null;
    readonly url: string | null;
  }[];
}

export type BuildState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface Build {
  readonly id: string;
  readonly number: number;
  readonly state: BuildState;
  readonly source: {
    readonly type: string;
    readonly ref?: string | null;
    readonly commit?: string | null;
    readonly upload?: string | null;
  } | null;
  readonly image: string | null;
  readonly release: number | null;
  readonly rollout: string | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export interface Release {
  readonly number: number;
  readonly hash: string;
  readonly image: string;
  readonly description: string | null;
  readonly createdBy: string | null;
  readonly createdAt: string;
}

export interface Change {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

export type RolloutState = 'pending' | 'progressing' | 'healthy' | 'failed' | 'aborted';
export type StepState =
  | 'pending'
  | 'running'
  | 'progressing'
  | 'succeeded'
  | 'healthy'
  | 'failed'
  | 'aborted'
  | 'cancelled'
  | 'skipped';

export interface Step {
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
  readonly previousRelease: number | null;
  readonly state: RolloutState;
  readonly steps: readonly Step[];
  readonly error: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Config {
  readonly version: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, { readonly version: number; readonly updatedAt: string }>>;
}

export interface Scaling {
  readonly processes: Readonly<
    Record<string, { readonly replicas: number; readonly ready?: number; readonly resources?: Resources }>
  >;
}

export interface Domain {
  readonly hostname: string;
  readonly isDefault: boolean;
  readonly url: string;
}

export interface Status {
  readonly state: HealthState;
  readonly release: number | null;
  readonly url: string | null;
  readonly processes: readonly { readonly name: string; readonly desired: number; readonly ready: number }[];
  readonly rollout: Rollout | null;
  readonly lastChange: {
    readonly at: string;
    readonly actor?: string | null;
    readonly action?: string;
    readonly description?: string | null;
  } | null;
}

export interface Pod {
  readonly name: string;
  readonly process: string;
  readonly release: number | null;
  readonly phase: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly startedAt: string | null;
  readonly node: string | null;
  readonly ip: string | null;
  readonly message: string | null;
}

export interface Repository {
  readonly name: string;
  readonly artifactCount: number;
}

export interface Artifact {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly sizeBytes: number;
  readonly pushedAt: string;
}

export interface Operation {
  readonly id: string;
  readonly kind: string;
  readonly state: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly steps: readonly Step[];
  readonly progress: number | null;
  readonly error: unknown;
  readonly subject: unknown;
  readonly createdAt: string;
}

export interface AuditEvent {
  readonly id: string;
  readonly at: string;
  readonly actor: unknown;
  readonly action: string;
  readonly resource: unknown;
  readonly tenant: string | null;
  readonly before: unknown;
  readonly after: unknown;
  readonly requestId: string | null;
  readonly source: unknown;
}

export interface Cluster {
  readonly name: string;
  readonly kind: string;
  readonly server: string;
  readonly kubernetesVersion: string | null;
  readonly state: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly ready: boolean;
    readonly cpu: unknown;
    readonly memory: unknown;
    readonly pods: unknown;
  }[];
}
