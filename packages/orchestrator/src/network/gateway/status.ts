import type { Gateway, GatewayClass, HTTPRoute, ListenerSet } from '../../kinds/index.js';
import type { CompiledRoute } from './compile.js';
import { toConditions, type Verdict } from './conditions.js';
import type { JudgedListener, JudgedSet, Problem } from './listeners.js';

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

const supportedKinds = [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' }];

export interface Attached {
  readonly routes: number;
  readonly listenerSets: number;
}

export function toGatewayStatus(
  gateway: Gateway,
  attached: Attached,
  address: string,
  now: string,
): NonNullable<Gateway['status']> {
  const { generation } = gateway.metadata;
  return {
    addresses: [{ type: 'IPAddress', value: address }],
    attachedListenerSets: attached.listenerSets,
    conditions: toConditions([accepted, programmed], gateway.status?.conditions, generation, now),
    listeners: gateway.spec.listeners.map(({ name }) => {
      const before = gateway.status?.listeners?.find((listener) => listener.name === name)?.conditions;
      return {
        name,
        attachedRoutes: attached.routes,
        supportedKinds,
        conditions: toConditions([accepted, programmed, resolved], before, generation, now),
      };
    }),
  };
}

/** `attachedRoutes`: how many routes a listener of the set takes, by its name. */
export function toListenerSetStatus(
  { set, refused, listeners }: JudgedSet,
  attachedRoutes: (listener: string) => number,
  now: string,
): NonNullable<ListenerSet['status']> {
  const { generation } = set.metadata;
  const summary = (fine: Verdict, isServed: (listener: JudgedListener) => boolean): Verdict => {
    if (refused) return untrue(fine.type, refused);
    const served = listeners.filter(isServed).length;
    if (served === listeners.length) return fine;
    const message = `${served} of ${listeners.length} listeners: see the others' conditions.`;
    return { type: fine.type, isTrue: served > 0, reason: 'ListenersNotValid', message };
  };
  const verdicts = [
    summary(accepted, (listener) => listener.accepted === undefined),
    summary(programmed, (listener) => listener.programmed === undefined),
  ];
  return {
    conditions: toConditions(verdicts, set.status?.conditions, generation, now),
    listeners: listeners.map((judged) => {
      const { name } = judged.listener;
      const before = set.status?.listeners?.find((listener) => listener.name === name)?.conditions;
      return {
        name,
        attachedRoutes: attachedRoutes(name),
        supportedKinds: judged.supportsRoutes ? supportedKinds : [],
        conditions: toConditions(toListenerVerdicts(judged), before, generation, now),
      };
    }),
  };
}

function toListenerVerdicts(judged: JudgedListener): Verdict[] {
  const fineOr = (fine: Verdict, problem: Problem | undefined) => (problem ? untrue(fine.type, problem) : fine);
  const conflicted: Verdict = judged.conflict
    ? { ...judged.conflict, type: 'Conflicted', isTrue: true }
    : { type: 'Conflicted', isTrue: false, reason: 'NoConflicts', message: 'No other listener stands in its place.' };
  return [
    fineOr(accepted, judged.accepted),
    fineOr(programmed, judged.programmed),
    fineOr(resolved, judged.resolvedRefs),
    conflicted,
  ];
}

function untrue(type: string, { reason, message }: Problem): Verdict {
  return { type, isTrue: false, reason, message };
}

/** Keeps what other controllers say of the route, and says of each parent of ours whether it is served. */
export function toRouteStatus(
  route: HTTPRoute,
  { attachments, problems }: CompiledRoute,
  now: string,
): NonNullable<HTTPRoute['status']> {
  const others = (route.status?.parents ?? []).filter((parent) => parent.controllerName !== controllerName);
  const verdictOf = (fine: Verdict): Verdict => {
    const problem = problems.find(({ condition }) => condition === fine.type);
    return problem ? untrue(fine.type, problem) : fine;
  };
  return {
    parents: [
      ...others,
      ...attachments.map(({ parentRef, refused }) => {
        const before = route.status?.parents.find(
          (parent) =>
            parent.controllerName === controllerName &&
            (parent.parentRef.kind ?? 'Gateway') === (parentRef.kind ?? 'Gateway') &&
            parent.parentRef.name === parentRef.name &&
            parent.parentRef.namespace === parentRef.namespace &&
            parent.parentRef.sectionName === parentRef.sectionName &&
            parent.parentRef.port === parentRef.port,
        );
        const verdicts = [refused ? untrue('Accepted', refused) : verdictOf(accepted), verdictOf(resolved)];
        const conditions = toConditions(verdicts, before?.conditions, route.metadata.generation, now);
        return { controllerName, parentRef, conditions };
      }),
    ],
  };
}
