import type { Gateway, GatewayClass, HTTPRoute } from '../../kinds/index.js';
import { isParent, type RouteProblem } from './compile.js';
import { toConditions, type Verdict } from './conditions.js';

export const controllerName = 'slipway.dev/gateway';

const accepted: Verdict = { type: 'Accepted', isTrue: true, reason: 'Accepted', message: 'Accepted.' };
const programmed: Verdict = { type: 'Programmed', isTrue: true, reason: 'Programmed', message: 'HAProxy serves it.' };
const resolved: Verdict = {
  type: 'ResolvedRefs',
  isTrue: true,
  reason: 'ResolvedRefs',
  message: 'All references are resolved.',
};

export function toClassStatus(gatewayClass: GatewayClass, now: string): NonNullable<GatewayClass['status']> {
  const { generation } = gatewayClass.metadata;
  return { conditions: toConditions([accepted], gatewayClass.status?.conditions, generation, now) };
}

export function toGatewayStatus(
  gateway: Gateway,
  attachedRoutes: number,
  address: string,
  now: string,
): NonNullable<Gateway['status']> {
  const { generation } = gateway.metadata;
  return {
    addresses: [{ type: 'IPAddress', value: address }],
    conditions: toConditions([accepted, programmed], gateway.status?.conditions, generation, now),
    listeners: gateway.spec.listeners.map(({ name }) => {
      const before = gateway.status?.listeners?.find((listener) => listener.name === name)?.conditions;
      return {
        name,
        attachedRoutes,
        supportedKinds: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' }],
        conditions: toConditions([accepted, programmed, resolved], before, generation, now),
      };
    }),
  };
}

/** Keeps what other controllers say of the route, and says of each parent of ours whether it is served. */
export function toRouteStatus(
  route: HTTPRoute,
  gateways: readonly Gateway[],
  problems: readonly RouteProblem[],
  now: string,
): NonNullable<HTTPRoute['status']> {
  const others = (route.status?.parents ?? []).filter((parent) => parent.controllerName !== controllerName);
  const ours = (route.spec.parentRefs ?? []).filter((ref) => gateways.some((gateway) => isParent(route, ref, gateway)));
  const verdicts = [accepted, resolved].map((fine): Verdict => {
    const problem = problems.find(({ condition }) => condition === fine.type);
    return problem ? { type: fine.type, isTrue: false, reason: problem.reason, message: problem.message } : fine;
  });
  return {
    parents: [
      ...others,
      ...ours.map((parentRef) => {
        const before = route.status?.parents.find(
          (parent) =>
            parent.controllerName === controllerName &&
            parent.parentRef.name === parentRef.name &&
            parent.parentRef.namespace === parentRef.namespace &&
            parent.parentRef.sectionName === parentRef.sectionName,
        );
        const conditions = toConditions(verdicts, before?.conditions, route.metadata.generation, now);
        return { controllerName, parentRef, conditions };
      }),
    ],
  };
}
