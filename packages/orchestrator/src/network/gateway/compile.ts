import type {
  EndpointSlice,
  HTTPRoute,
  HTTPRouteRule,
  HTTPRouteRuleBackendRef,
  HTTPRouteRuleFilter,
  HTTPRouteRuleMatch,
  Service,
} from '../../kinds/index.js';
import { type Attachment, attachmentsOf, schemeOf } from './attachments.js';
import { parseDurationMs } from './duration.js';
import { type JudgedListeners, judgeListeners, type ObservedListeners } from './listeners.js';
import {
  type Backend,
  type Condition,
  type Filter,
  type GatewayModel,
  invalidBackend,
  type Mirror,
  type PathChange,
  type PathMatch,
  type Rule,
  type StickyBy,
  shortHash,
  type Target,
  toThousandths,
} from './model.js';
import { byAge } from './references.js';

/** What the controller sees: our gateways and what hangs on them, and where services lead. */
export interface Observed extends ObservedListeners {
  service(namespace: string, name: string): Service | undefined;
  endpointSlices(namespace: string, service: string): readonly EndpointSlice[];
}

/** Why a part of a route cannot be served; becomes the route's ResolvedRefs or Accepted condition. */
export interface RouteProblem {
  readonly condition: 'Accepted' | 'ResolvedRefs';
  readonly reason: string;
  readonly message: string;
}

export interface CompiledRoute {
  /** What it hangs on, of ours. */
  readonly attachments: readonly Attachment[];
  readonly problems: readonly RouteProblem[];
}

export interface Compiled {
  readonly model: GatewayModel;
  /** By `namespace/name`. Only routes that name something of ours are in it. */
  readonly routes: ReadonlyMap<string, CompiledRoute>;
  readonly listeners: JudgedListeners;
}

/** Resolves Kubernetes' objects to what HAProxy is to do. Pure; the same objects give the same model in the same order. */
export function compile(observed: Observed): Compiled {
  const listeners = judgeListeners(observed);
  const routes = new Map<string, CompiledRoute>();
  const backends = new Map<string, Backend>();
  const rules: Rule[] = [];
  for (const route of [...observed.routes].sort(byAge)) {
    const attachments = attachmentsOf(route, observed.gateways, listeners.sets, observed.namespaceLabels);
    if (attachments.length === 0) continue;
    const found: RouteProblem[] = [];
    routes.set(`${route.metadata.namespace}/${route.metadata.name}`, { attachments, problems: found });
    if (attachments.every(({ refused }) => refused)) continue;
    const stickyBy = toStickyBy(route, found);
    const scheme = observed.ports.tls === undefined ? undefined : schemeOf(attachments);
    const asked: readonly Condition[] = scheme ? [{ on: 'scheme', value: scheme }] : [];
    const holdSeconds = toHoldSeconds(route, found);
    const hosts = route.spec.hostnames?.length ? route.spec.hostnames.map((host) => host.toLowerCase()) : ['*'];
    for (const [index, rule] of (route.spec.rules ?? [{}]).entries()) {
      const filters = toFilters(rule, found);
      const targets = toTargets(observed, route, rule, backends, found);
      const mirrors = toMirrors(observed, route, rule, backends, found);
      for (const [matchIndex, match] of (rule.matches?.length ? rule.matches : [{}]).entries()) {
        const path = toPath(match);
        for (const host of hosts) {
          rules.push({
            id: `r${shortHash(`${route.metadata.namespace}/${route.metadata.name}/${index}/${matchIndex}/${host}`)}`,
            host,
            path,
            conditions: [...toConditions(match), ...asked],
            targets,
            filters: filters.map((filter) => withPrefix(filter, path)),
            mirrors,
            stickyBy,
            timeoutMs: timeoutOf(rule),
            holdSeconds,
          });
        }
      }
    }
  }
  const model = {
    rules: rules.sort(byPrecedence),
    backends: [...backends.values()].sort(byName),
    certificates: listeners.certificates,
  };
  return { model, routes, listeners };
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Gateway API's order of matches within a host: exact path, longest prefix, method, most headers, most query parameters. */
function byPrecedence(a: Rule, b: Rule): number {
  const kinds = { Exact: 0, RegularExpression: 1, PathPrefix: 2 };
  const count = (rule: Rule, on: Condition['on']) => rule.conditions.filter((condition) => condition.on === on).length;
  return (
    (a.host < b.host ? -1 : a.host > b.host ? 1 : 0) ||
    kinds[a.path.type] - kinds[b.path.type] ||
    b.path.value.length - a.path.value.length ||
    count(b, 'method') - count(a, 'method') ||
    count(b, 'header') - count(a, 'header') ||
    count(b, 'query') - count(a, 'query')
  );
}

function toPath(match: HTTPRouteRuleMatch): PathMatch {
  const type = match.path?.type ?? 'PathPrefix';
  const value = match.path?.value ?? '/';
  return { type, value: type === 'PathPrefix' && value.length > 1 ? value.replace(/\/+$/, '') || '/' : value };
}

function toConditions(match: HTTPRouteRuleMatch): Condition[] {
  const conditions: Condition[] = [];
  if (match.method) conditions.push({ on: 'method', value: match.method });
  for (const { name, type, value } of match.headers ?? []) {
    conditions.push({ on: 'header', name: name.toLowerCase(), type: type ?? 'Exact', value });
  }
  for (const { name, type, value } of match.queryParams ?? []) {
    conditions.push({ on: 'query', name, type: type ?? 'Exact', value });
  }
  return conditions;
}

function timeoutOf(rule: HTTPRouteRule): number | undefined {
  const text = rule.timeouts?.request ?? rule.timeouts?.backendRequest;
  const ms = text === undefined ? undefined : parseDurationMs(text);
  return ms === undefined || ms === 0 ? undefined : ms;
}

/** `cookie:<name>`, `header:<name>` or `gateway`. Names are tokens of RFC 9110, as far as HAProxy takes them unquoted. */
const trafficKey = 'slipway.dev/traffic-key';
const trafficSeed = 'slipway.dev/traffic-seed';

function toStickyBy(route: HTTPRoute, problems: RouteProblem[]): StickyBy | undefined {
  const { [trafficKey]: key, [trafficSeed]: seed = '' } = route.metadata.annotations ?? {};
  if (key === undefined) return undefined;
  if (isStickyKey(key) && /^[\w.-]{0,63}$/.test(seed)) return { key, seed };
  problems.push({
    condition: 'Accepted',
    reason: 'UnsupportedValue',
    message: `The annotation ${trafficKey} must be gateway, cookie:<name> or header:<name>, and ${trafficSeed} at most 63 letters, digits, dots and dashes.`,
  });
  return undefined;
}

/** A duration up to a minute: so long a request waits for a pod where there is none. */
const holdKey = 'slipway.dev/hold';
const mostHoldSeconds = 60;

function toHoldSeconds(route: HTTPRoute, problems: RouteProblem[]): number | undefined {
  const text = route.metadata.annotations?.[holdKey];
  if (text === undefined) return undefined;
  const seconds = (parseDurationMs(text) ?? 0) / 1000;
  if (seconds >= 1 && seconds <= mostHoldSeconds) return Math.floor(seconds);
  problems.push({
    condition: 'Accepted',
    reason: 'UnsupportedValue',
    message: `The annotation ${holdKey} must be a duration from 1s to ${mostHoldSeconds}s.`,
  });
  return undefined;
}

function isStickyKey(key: string): key is StickyBy['key'] {
  return key === 'gateway' || /^(cookie|header):[\w-]{1,63}$/.test(key);
}

function toFilters(rule: HTTPRouteRule, problems: RouteProblem[]): Filter[] {
  return (rule.filters ?? []).flatMap((filter) => {
    if (filter.type === 'RequestMirror') return [];
    const made = toFilter(filter);
    if (made) return [made];
    problems.push({
      condition: 'Accepted',
      reason: 'UnsupportedValue',
      message: `The filter ${filter.type} is not supported by this gateway.`,
    });
    return [];
  });
}

function toFilter(filter: HTTPRouteRuleFilter): Filter | undefined {
  switch (filter.type) {
    case 'RequestHeaderModifier':
      return { do: 'request-headers', ...headerChange(filter.requestHeaderModifier) };
    case 'ResponseHeaderModifier':
      return { do: 'response-headers', ...headerChange(filter.responseHeaderModifier) };
    case 'RequestRedirect': {
      const { scheme, hostname, port, path, statusCode } = filter.requestRedirect ?? {};
      return { do: 'redirect', scheme, hostname, port, path: pathChange(path), statusCode: statusCode ?? 302 };
    }
    case 'URLRewrite':
      return { do: 'rewrite', hostname: filter.urlRewrite?.hostname, path: pathChange(filter.urlRewrite?.path) };
    case 'RequestMirror':
    case 'ExtensionRef':
    case 'CORS':
      return undefined;
  }
}

function headerChange(change: HTTPRouteRuleFilter['requestHeaderModifier']) {
  return { set: change?.set ?? [], add: change?.add ?? [], remove: change?.remove ?? [] };
}

function pathChange(
  path: { type: string; replaceFullPath?: string; replacePrefixMatch?: string } | undefined,
): PathChange | undefined {
  if (!path) return undefined;
  if (path.type === 'ReplaceFullPath') return { type: 'full', value: path.replaceFullPath ?? '/' };
  return { type: 'prefix', prefix: '/', value: path.replacePrefixMatch ?? '/' };
}

/** A prefix replacement needs to know which prefix the match had. */
function withPrefix(filter: Filter, path: PathMatch): Filter {
  if ((filter.do === 'rewrite' || filter.do === 'redirect') && filter.path?.type === 'prefix') {
    return { ...filter, path: { ...filter.path, prefix: path.value } };
  }
  return filter;
}

function toTargets(
  observed: Observed,
  route: HTTPRoute,
  rule: HTTPRouteRule,
  backends: Map<string, Backend>,
  problems: RouteProblem[],
): Target[] {
  const refs = rule.backendRefs ?? [];
  const shares = toThousandths(refs.map((ref) => ref.weight ?? 1));
  return refs.map((ref, index) => ({
    backend: toBackend(observed, route, ref, backends, problems),
    weight: shares[index] ?? 0,
  }));
}

function toMirrors(
  observed: Observed,
  route: HTTPRoute,
  rule: HTTPRouteRule,
  backends: Map<string, Backend>,
  problems: RouteProblem[],
): Mirror[] {
  return (rule.filters ?? []).flatMap(({ requestMirror }) => {
    if (!requestMirror) return [];
    const { backendRef, percent = 100, fraction } = requestMirror;
    const whole = fraction ? fraction.numerator / (fraction.denominator ?? 100) : percent / 100;
    const share = Math.round(Math.min(1, whole) * 1000);
    const backend = toBackend(observed, route, backendRef, backends, problems);
    return backend === invalidBackend || share === 0 ? [] : [{ backend, share }];
  });
}

type ServiceRef = Pick<HTTPRouteRuleBackendRef, 'group' | 'kind' | 'name' | 'namespace' | 'port'>;

function toBackend(
  observed: Observed,
  route: HTTPRoute,
  ref: ServiceRef,
  backends: Map<string, Backend>,
  problems: RouteProblem[],
): string {
  const refuse = (reason: string, message: string) => {
    problems.push({ condition: 'ResolvedRefs', reason, message });
    return invalidBackend;
  };
  const own = route.metadata.namespace ?? '';
  const namespace = ref.namespace ?? own;
  if ((ref.group ?? '') !== '' || (ref.kind ?? 'Service') !== 'Service') {
    return refuse('InvalidKind', `A backendRef must name a Service, not ${ref.group ?? ''}/${ref.kind ?? ''}.`);
  }
  if (namespace !== own)
    return refuse('RefNotPermitted', `The Service ${namespace}/${ref.name} is in another namespace.`);
  const service = observed.service(namespace, ref.name);
  const port = service?.spec?.ports?.find((candidate) => candidate.port === ref.port);
  if (!service) return refuse('BackendNotFound', `The Service ${namespace}/${ref.name} does not exist.`);
  if (!port) return refuse('BackendNotFound', `The Service ${namespace}/${ref.name} has no port ${ref.port}.`);
  const name = `${namespace}_${ref.name}_${ref.port}`;
  if (!backends.has(name)) {
    const servers = serversOf(observed.endpointSlices(namespace, ref.name), port.name ?? '');
    backends.set(name, { name, servers });
  }
  return name;
}

/** The ready endpoints; where there is none, those that end but still serve, so that the last pod's requests are not refused. */
export function serversOf(slices: readonly EndpointSlice[], portName: string): string[] {
  const ready = new Set<string>();
  const serving = new Set<string>();
  for (const slice of slices) {
    const port = slice.ports?.find((candidate) => (candidate.name ?? '') === portName)?.port;
    if (port === undefined) continue;
    for (const { addresses, conditions } of slice.endpoints ?? []) {
      const server = `${addresses[0]}:${port}`;
      if (conditions?.ready !== false) ready.add(server);
      else if (conditions?.serving === true) serving.add(server);
    }
  }
  return [...(ready.size > 0 ? ready : serving)].sort();
}
