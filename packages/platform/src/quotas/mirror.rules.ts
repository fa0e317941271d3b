import type { Level } from './quotas.rules.js';

export interface MirroredEnvironment {
  readonly id: string;
  readonly projectId: string;
  /** What its claims sum to, by resource. */
  readonly used: ReadonlyMap<string, bigint>;
  /** Room for rollouts that go on. */
  readonly surge: ReadonlyMap<string, bigint>;
}

export interface MirroredLimit {
  readonly level: Level;
  readonly scopeId: string;
  readonly resource: string;
  readonly limit: bigint;
  /** What is used under the scope. */
  readonly used: bigint;
}

/** Our names for what a cluster counts by its own. */
const inCluster: Readonly<Record<string, string>> = { routes: 'count/httproutes.gateway.networking.k8s.io' };
const counted = /^(requests\.|limits\.|count\/)|^(pods|services|persistentvolumeclaims)$/;

/** The resource's name in a ResourceQuota; undefined where a cluster cannot count it. */
export const toClusterResource = (resource: string): string | undefined =>
  inCluster[resource] ?? (counted.test(resource) ? resource : undefined);

/**
 * What each namespace of one tenant may hold, by environment and resource. Of a limit above it an environment may use what it has and
 * an equal share of what is free there: so the namespaces' quotas never sum above a limit, whoever uses them. An environment's own
 * limit, where there is one, counts besides; the lowest wins.
 */
export function planMirror(
  environments: readonly MirroredEnvironment[],
  limits: readonly MirroredLimit[],
): ReadonlyMap<string, ReadonlyMap<string, bigint>> {
  return new Map(
    environments.map((environment) => {
      const hard = new Map<string, bigint>();
      for (const { level, scopeId, resource, limit, used } of limits) {
        if (!toClusterResource(resource) || !isOver(environment, level, scopeId)) continue;
        const own = environment.used.get(resource) ?? 0n;
        const sharers = BigInt(environments.filter((other) => isOver(other, level, scopeId)).length);
        const free = limit > used ? limit - used : 0n;
        const most = level === 'environment' ? limit : own + free / sharers;
        const before = hard.get(resource);
        hard.set(resource, before === undefined || most < before ? most : before);
      }
      for (const [resource, amount] of hard) hard.set(resource, amount + (environment.surge.get(resource) ?? 0n));
      return [environment.id, hard] as const;
    }),
  );
}

function isOver(environment: MirroredEnvironment, level: Level, scopeId: string): boolean {
  if (level === 'tenant') return true;
  return scopeId === (level === 'project' ? environment.projectId : environment.id);
}
