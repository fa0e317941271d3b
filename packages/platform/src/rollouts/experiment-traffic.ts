import type { KubeClient } from '@slipway/orchestrator/client';
import { type HTTPRoute, type HTTPRouteRuleBackendRef, httpRoutes, type KubeObject } from '@slipway/orchestrator/kinds';
import type { Clock } from '../kernel/clock/clock.js';

/** So long a gateway may take to follow a route; what it has not seen by then it is not waited for. */
const followMilliseconds = 1_000;
const lookMilliseconds = 25;

/** Whether users meet one of these Services by the route. */
export const leadsTo = ({ spec }: HTTPRoute, services: readonly string[]): boolean =>
  refsOf(spec.rules).some(({ name }) => services.includes(name));

/** The rules without these Services; what they had of the traffic `heir` has. */
export function withoutServices(
  rules: HTTPRoute['spec']['rules'],
  services: readonly string[],
  heir: string,
): HTTPRoute['spec']['rules'] {
  const isLeaving = ({ name }: HTTPRouteRuleBackendRef) => services.includes(name);
  return rules?.map(({ backendRefs = [], ...rule }) => {
    const freed = backendRefs.filter(isLeaving).reduce((sum, { weight = 1 }) => sum + weight, 0);
    const stay = backendRefs.filter((ref) => !isLeaving(ref));
    return {
      ...rule,
      backendRefs: stay.map((ref) => (ref.name === heir ? { ...ref, weight: (ref.weight ?? 1) + freed } : ref)),
    };
  });
}

/** Until every gateway of the route serves it as it is written; where none says anything of it nobody is waited for. */
export async function untilFollowed(
  client: KubeClient,
  clock: Clock,
  { name = '', namespace }: KubeObject['metadata'],
): Promise<void> {
  for (let waited = 0; waited < followMilliseconds; waited += lookMilliseconds) {
    const route = await client.find(httpRoutes, name, namespace);
    if (!route || isFollowed(route)) return;
    await clock.sleep(lookMilliseconds);
  }
}

export function isFollowed({ metadata: { generation = 0 }, status }: HTTPRoute): boolean {
  const conditions = (status?.parents ?? []).flatMap((parent) => parent.conditions ?? []);
  return conditions.every(({ observedGeneration = 0 }) => observedGeneration >= generation);
}

const refsOf = (rules: HTTPRoute['spec']['rules']): readonly HTTPRouteRuleBackendRef[] =>
  (rules ?? []).flatMap(({ backendRefs = [] }) => backendRefs);
