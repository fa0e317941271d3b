/** What runs of an application, as its owner writes it. Resource amounts are Kubernetes quantities. */
export interface ProcessSpec {
  readonly command?: string | readonly string[];
  readonly port?: number;
  readonly replicas?: number;
  readonly resources?: { readonly cpu?: string; readonly memory?: string };
  readonly healthCheck?: { readonly path?: string };
}

export type HookName = 'before' | 'after';

/** A command that runs to its end with a release's image and config. */
export interface CommandHook {
  readonly command: string | readonly string[];
  /** Whose resources it has; `web` by default. */
  readonly process?: string;
  readonly timeoutSeconds?: number;
}

/** A request to the release; asked again until it is answered as expected. */
export interface ProbeHook {
  readonly probe: { readonly path: string; readonly expectedStatus?: number };
  readonly timeoutSeconds?: number;
}

/** What a rollout does before any pod of the release takes traffic, and before it calls it healthy. */
export interface ReleaseHooks {
  readonly before?: CommandHook;
  readonly after?: CommandHook | ProbeHook;
}

/** So long it may take, from when it is begun on. */
export const hookTimeoutSeconds = (hook: CommandHook | ProbeHook): number =>
  hook.timeoutSeconds ?? ('probe' in hook ? 60 : 300);

type HookPatch = { readonly [Name in HookName]?: ReleaseHooks[Name] | null };

/** Each hook is replaced whole: half of a command and half of a probe is neither. */
export function changeHooks(before: ReleaseHooks, patch: HookPatch = {}): ReleaseHooks {
  const after = { ...before, ...patch };
  return { ...(after.before ? { before: after.before } : {}), ...(after.after ? { after: after.after } : {}) };
}

export type Processes = Readonly<Record<string, ProcessSpec>>;

export type ApplicationSource =
  | { readonly type: 'git'; readonly url: string; readonly ref?: string }
  | { readonly type: 'archive' }
  | { readonly type: 'push' }
  | { readonly type: 'image'; readonly image: string };

export interface BuildSpec {
  readonly dockerfile: string;
  readonly context: string;
}

/** What an environment overrides: the live number of replicas and amounts, kept apart from releases so that a rollback does not shrink. */
export type Scaling = Readonly<
  Record<
    string,
    { readonly replicas?: number; readonly resources?: { readonly cpu?: string; readonly memory?: string } }
  >
>;

/** A process with every default filled in. `port` is undefined where the process does not listen. */
export interface ResolvedProcess {
  readonly name: string;
  readonly command?: readonly string[];
  readonly port?: number;
  readonly replicas: number;
  readonly resources: { readonly cpu: string; readonly memory: string };
  readonly healthPath?: string;
}

export const defaultPort = 8080;
export const defaultResources = { cpu: '500m', memory: '256Mi' } as const;
export const defaultBuild: BuildSpec = { dockerfile: 'Dockerfile', context: '.' };

/** The processes in a stable order (`web` first), with defaults and an environment's overrides applied. */
export function resolveProcesses(processes: Processes, scaling: Scaling = {}): readonly ResolvedProcess[] {
  const names = Object.keys(processes).sort((a, b) => (a === 'web' ? -1 : b === 'web' ? 1 : a < b ? -1 : 1));
  return names.map((name) => {
    const spec = processes[name] ?? {};
    const override = scaling[name] ?? {};
    return {
      name,
      command: toCommand(spec.command),
      port: spec.port ?? (name === 'web' ? defaultPort : undefined),
      replicas: override.replicas ?? spec.replicas ?? 1,
      resources: {
        cpu: override.resources?.cpu ?? spec.resources?.cpu ?? defaultResources.cpu,
        memory: override.resources?.memory ?? spec.resources?.memory ?? defaultResources.memory,
      },
      healthPath: spec.healthCheck?.path,
    };
  });
}

/** A line is run by the image's shell, as in a Procfile; a list is run as it is. */
export function toCommand(command: ProcessSpec['command']): readonly string[] | undefined {
  if (command === undefined) return undefined;
  return typeof command === 'string' ? ['/bin/sh', '-c', command] : [...command];
}

/** Milli-units of CPU: `250m` is 250, `1.5` is 1500. Undefined where it is no quantity. */
export function parseCpuMillis(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(quantity);
  if (!match) return undefined;
  const amount = Number(match[1]);
  return match[2] === 'm' ? amount : amount * 1000;
}

const memoryUnits: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Bytes: `64Mi` is 67108864. Undefined where it is no quantity. */
export function parseMemoryBytes(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(quantity);
  if (!match) return undefined;
  return Math.floor(Number(match[1]) * (memoryUnits[match[2] ?? ''] ?? 1));
}
