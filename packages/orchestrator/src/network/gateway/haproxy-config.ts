import type { Condition, Filter, GatewayModel, PathChange, Rule } from './model.js';
import { heldServer, invalidBackend, shortHash } from './model.js';
import { logFormat } from './request-log.js';
import { answeredTable, underWayTable } from './waiting.js';

export const mirrorScript = 'mirror.lua';
export const holdScript = 'hold.lua';
/** Which certificate answers for which host name; the first one answers where no other does. */
export const certificateList = 'certificates/list';

export interface GatewayOptions {
  /** HAProxy's files: `haproxy.cfg`, `mirror.lua`, `maps/`, `certificates/`, `admin.sock`, `master.sock`, `log.sock`. */
  readonly directory: string;
  readonly bind: string;
  readonly httpPort: number;
  /** Absent: no TLS listener. */
  readonly tlsPort?: number;
  /** A loopback port for HAProxy's own Prometheus metrics. */
  readonly metricsPort?: number;
}

/** All that HAProxy is told. `structure` can only be changed by a reload, the rest over the runtime socket. */
export interface HaproxyState {
  readonly structure: string;
  /** By backend. */
  readonly servers: ReadonlyMap<string, readonly string[]>;
  readonly maps: Readonly<Record<MapName, ReadonlyMap<string, string>>>;
  /** By file: the host name that it answers for. */
  readonly certificates: ReadonlyMap<string, string>;
}

/**
 * - exact: `host/path` → group; prefix: `host/prefix/` → group (longest wins). A group is a rule's id where one rule
 *   without conditions answers, else the name of a list of rules to try.
 * - weights: `rule.n` → the bucket, of 1000, below which the n-th target (or one before) answers.
 * - targets: `rule.n` → the n-th target's backend.
 * - keys, seeds: a sticky rule → where its user key is, and what is hashed along with it.
 * - holds: a rule → the seconds that its requests wait for a server.
 */
export const mapNames = ['exact', 'prefix', 'weights', 'targets', 'keys', 'seeds', 'holds'] as const;
export type MapName = (typeof mapNames)[number];

/** Decides the whole configuration. Pure. */
export function planHaproxy(model: GatewayModel, options: GatewayOptions): HaproxyState {
  const { groups, exact, prefix } = planGroups(model.rules);
  const weights = new Map<string, string>();
  const targets = new Map<string, string>();
  const holds = new Map<string, string>();
  const keys = new Map<string, string>();
  const seeds = new Map<string, string>();
  let slots = 2;
  for (const rule of model.rules) {
    if (rule.stickyBy) {
      keys.set(rule.id, rule.stickyBy.key);
      if (rule.stickyBy.seed !== '') seeds.set(rule.id, rule.stickyBy.seed);
    }
    if (rule.holdSeconds !== undefined) holds.set(rule.id, String(rule.holdSeconds));
    let below = 0;
    const reachable = rule.targets.filter((target) => target.weight > 0);
    // Every target keeps its slot whatever its weight: a change of weight is then one value.
    for (const [index, target] of rule.targets.entries()) {
      below += target.weight;
      weights.set(`${rule.id}.${index}`, String(below));
      targets.set(`${rule.id}.${index}`, target.backend);
    }
    slots = Math.max(slots, rule.targets.length);
    if (reachable.length === 0 && !rule.filters.some((filter) => filter.do === 'redirect')) {
      weights.set(`${rule.id}.0`, '1000');
      targets.set(`${rule.id}.0`, invalidBackend);
    }
  }
  return {
    structure: render(model, groups, slots, options),
    servers: new Map(model.backends.map((backend) => [backend.name, backend.servers])),
    maps: { exact, prefix, weights, targets, keys, seeds, holds },
    certificates: new Map(
      options.tlsPort === undefined ? [] : model.certificates?.map(({ file, host }) => [file, host]),
    ),
  };
}

/** The text of haproxy.cfg: the structure with the servers of the moment in their backends. */
export function renderConfiguration(state: HaproxyState): string {
  return state.structure.replace(/^ {2}# servers of (\S+)$/gm, (line, backend: string) =>
    [line, ...(state.servers.get(backend) ?? []).map((server) => `  server ${server} ${server}`)].join('\n'),
  );
}

interface Group {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** Which rules are to be tried, in order, for each path that a host distinguishes. */
function planGroups(rules: readonly Rule[]) {
  const groups = new Map<string, Group>();
  const exact = new Map<string, string>();
  const prefix = new Map<string, string>();
  const hosts = new Map<string, Rule[]>();
  for (const rule of rules) hosts.set(rule.host, [...(hosts.get(rule.host) ?? []), rule]);

  const assign = (map: Map<string, string>, key: string, candidates: readonly Rule[]) => {
    const end = candidates.findIndex((rule) => rule.conditions.length === 0 && rule.path.type !== 'RegularExpression');
    const tried = end === -1 ? candidates : candidates.slice(0, end + 1);
    const first = tried[0];
    if (!first) return;
    if (end === 0) return void map.set(key, first.id);
    const name = `g${shortHash(tried.map((rule) => rule.id).join())}`;
    groups.set(name, { name, rules: tried });
    map.set(key, name);
  };

  for (const [host, ofHost] of hosts) {
    const regular = ofHost.filter((rule) => rule.path.type === 'RegularExpression');
    const prefixes = ofHost.filter((rule) => rule.path.type === 'PathPrefix');
    const under = (path: string) => prefixes.filter((rule) => covers(rule.path.value, path));
    for (const path of new Set(ofHost.filter((rule) => rule.path.type === 'Exact').map((rule) => rule.path.value))) {
      const own = ofHost.filter((rule) => rule.path.type === 'Exact' && rule.path.value === path);
      assign(exact, `${host}${path}`, [...own, ...regular, ...under(path)]);
    }
    const paths = new Set(prefixes.map((rule) => rule.path.value));
    if (regular.length > 0) paths.add('/');
    for (const path of paths) assign(prefix, `${host}${path === '/' ? '/' : `${path}/`}`, [...regular, ...under(path)]);
  }
  return { groups: [...groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), exact, prefix };
}

/** `/shop` covers `/shop` and `/shop/cart`, not `/shopping`. */
function covers(prefix: string, path: string): boolean {
  return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
}

function render(model: GatewayModel, groups: readonly Group[], slots: number, options: GatewayOptions): string {
  const at = (file: string) => `${options.directory}/${file}`;
  const map = (name: MapName) => at(`maps/${name}.map`);
  const tls =
    options.tlsPort === undefined
      ? []
      : [`  bind ${options.bind}:${options.tlsPort} ssl crt-list ${at(certificateList)} alpn h2,http/1.1`];
  const rules = dedupe(model.rules);
  const mirrors = rules.some((rule) => rule.mirrors.length > 0);
  const unfound = '!{ var(txn.group) -m found }';
  const lookups = [
    'var(txn.host)',
    ...[1, 2, 3].map((levels) => `var(txn.host),regsub('^${'[^.]*[.]'.repeat(levels - 1)}[^.]*','*')`),
    'str(*)',
  ];
  const lines = [
    '# Written by the gateway controller; changed by hand it is written again.',
    'global',
    '  nbthread 2',
    '  log stdout format raw local0 warning',
    `  stats socket ${at('admin.sock')} mode 600 level admin expose-fd listeners`,
    '  hard-stop-after 60s',
    `  lua-load-per-thread ${at(holdScript)}`,
    ...(mirrors ? [`  lua-load-per-thread ${at(mirrorScript)}`] : []),
    'defaults',
    '  mode http',
    '  log global',
    '  timeout client 60s',
    '  timeout server 60s',
    // A pod is near: one that does not answer at once is gone, and each retry is a try anew.
    '  timeout connect 1s',
    '  timeout http-keep-alive 60s',
    '  timeout http-request 10s',
    '  timeout tunnel 1h',
    '  retries 3',
    '  option redispatch',
    '  retry-on conn-failure empty-response',
    '  option idle-close-on-response',
    // Who has left is waited for no longer, and is told of at once.
    '  option abortonclose',
    '  option forwardfor',
    // Lost lines are lost counts, never a slower request: a ring that its reader cannot empty is written over.
    'ring requests',
    '  format raw',
    '  maxlen 512',
    '  size 1048576',
    '  timeout connect 1s',
    '  timeout server 10s',
    `  server cluster unix@${at('log.sock')}`,
    // One counter a rule: which of a thousand requests this one is.
    'backend counters',
    '  stick-table type string len 16 size 100k store gpc0',
    // Who waits, and who is answered already: the log tells of a request only at its end.
    `backend ${underWayTable}`,
    '  stick-table type string len 200 size 20k expire 5m store conn_cur',
    `backend ${answeredTable}`,
    '  stick-table type string len 200 size 20k expire 5m store conn_cur,gpc0',
    'frontend http',
    `  bind ${options.bind}:${options.httpPort}`,
    ...tls,
    '  log ring@requests format raw local0 info',
    `  log-format "${logFormat}"`,
    '  http-request del-header X-Slipway-Mirror',
    '  http-request del-header X-Slipway-Hold',
    '  http-request set-header X-Forwarded-Proto https if { ssl_fc }',
    '  http-request set-header X-Forwarded-Proto http if !{ ssl_fc }',
    '  http-request set-header X-Forwarded-Host %[req.hdr(host)]',
    '  http-request disable-l7-retry unless { method GET HEAD OPTIONS }',
    '  http-request set-var(txn.host) req.hdr(host),field(1,:),lower',
    '  http-request set-var(txn.path) path',
    ...lookups.flatMap((lookup) => [
      `  http-request set-var(txn.key) ${lookup} if ${unfound}`,
      `  http-request set-var(txn.group) var(txn.key),concat(,txn.path),map_str(${map('exact')}) if ${unfound}`,
      `  http-request set-var(txn.group) var(txn.key),concat(,txn.path,/),map_beg(${map('prefix')}) if ${unfound}`,
    ]),
    '  http-request set-var(txn.rule) var(txn.group) if { var(txn.group) -m beg r }',
    ...groups.flatMap(({ name, rules }) => rules.map((rule) => renderTry(name, rule))),
    `  http-request return status 404 content-type text/plain lf-string "No application answers at %[var(txn.host)]%[var(txn.path)].\\n" unless { var(txn.rule) -m found }`,
    ...rules.flatMap(renderRule),
    ...renderKeys(rules, map),
    // 617 shares no factor with 1000: of every 1000 requests each bucket gets one, and neighbours lie far apart.
    '  http-request track-sc0 var(txn.rule) table counters unless { var(txn.user) -m len gt 0 }',
    '  http-request set-var(txn.bucket) sc_inc_gpc0(0),mul(617),mod(1000) unless { var(txn.user) -m len gt 0 }',
    ...Array.from({ length: slots }, (_, slot) => [
      `  http-request set-var(txn.slot) var(txn.rule),concat(.${slot}) unless { var(txn.target) -m found }`,
      `  http-request set-var(txn.below) var(txn.slot),map_str_int(${map('weights')},0) unless { var(txn.target) -m found }`,
      `  http-request set-var(txn.target) var(txn.slot),map_str(${map('targets')}) if !{ var(txn.target) -m found } { var(txn.bucket),sub(txn.below) lt 0 }`,
    ]).flat(),
    `  http-request track-sc1 var(txn.target) table ${underWayTable} if { var(txn.target) -m found }`,
    `  http-response track-sc2 var(txn.target) table ${answeredTable}`,
    '  http-response sc-inc-gpc0(2)',
    `  http-request set-var(txn.hold) var(txn.rule),map_str(${map('holds')})`,
    '  http-request set-header X-Slipway-Hold %[var(txn.target)]|%[var(txn.hold)] if { var(txn.hold) -m found }',
    // What a process knows that is leaving may be gone.
    '  http-request set-header X-Slipway-Hold %[var(txn.target)]|0 if { stopping } !{ var(txn.hold) -m found }',
    '  use_backend %[var(txn.target)]',
    // What found no server comes here.
    'frontend held',
    `  bind unix@${at('held.sock')} mode 600`,
    '  http-request set-var(txn.target) req.hdr(x-slipway-hold),field(1,|)',
    '  http-request set-var(txn.hold) req.hdr(x-slipway-hold),field(2,|)',
    '  http-request lua.hold if { var(txn.hold) -m found }',
    '  http-request set-header X-Slipway-Hold %[var(txn.target)]|%[var(txn.left)] if { var(txn.left) -m found }',
    '  use_backend successor if { var(txn.left) -m found }',
    '  http-request return status 503 content-type text/plain string "No pod of this application is ready.\\n" unless { var(txn.isheld) -m bool } or { var(txn.left) -m found }',
    '  use_backend %[var(txn.target)]',
    // The socket is always the newest process's.
    'backend successor',
    `  server ${heldServer} unix@${at('held.sock')}`,
    `backend ${invalidBackend}`,
    '  http-request return status 500 content-type text/plain string "The route leads to a service that does not exist.\\n"',
    ...(mirrors
      ? [
          'frontend mirrors',
          `  bind unix@${at('mirror.sock')} mode 600`,
          '  http-request set-var(txn.target) req.hdr(x-slipway-mirror)',
          '  http-request set-header X-Slipway-Mirror true',
          '  use_backend %[var(txn.target)]',
        ]
      : []),
    ...(options.metricsPort === undefined
      ? []
      : [
          'frontend metrics',
          `  bind 127.0.0.1:${options.metricsPort}`,
          '  http-request use-service prometheus-exporter if { path /metrics }',
          '  http-request return status 404',
        ]),
    ...model.backends.flatMap(({ name }) => [
      `backend ${name}`,
      '  balance leastconn',
      `  server ${heldServer} unix@${at('held.sock')} backup`,
      `  # servers of ${name}`,
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Rules of several hosts share filters only by their id, so each is rendered once. */
function dedupe(rules: readonly Rule[]): Rule[] {
  return [...new Map(rules.map((rule) => [rule.id, rule])).values()];
}

const keyCookie = 'slipway-key';
const keyCookieSeconds = 365 * 24 * 3600;

/** Finds the user key of a sticky rule, and the bucket that is always the same for it. */
function renderKeys(rules: readonly Rule[], map: (name: MapName) => string): string[] {
  const sources = [...new Set(rules.flatMap((rule) => rule.stickyBy?.key ?? []))].sort();
  if (sources.length === 0) return [];
  const lines = sources.flatMap((source) => {
    const when = `{ var(txn.rule),map_str(${map('keys')}) -m str ${source} }`;
    const [from, name] = source.split(':');
    if (from === 'header') return [`http-request set-var(txn.user) req.hdr(${name}) if ${when}`];
    if (from === 'cookie') return [`http-request set-var(txn.user) req.cook(${name}) if ${when}`];
    const cookie = `${keyCookie}=%[var(txn.newuser)]; Path=/; Max-Age=${keyCookieSeconds}; HttpOnly; SameSite=Lax`;
    return [
      `http-request set-var(txn.user) req.cook(${keyCookie}) if ${when}`,
      `http-request set-var(txn.newuser) uuid() if ${when} !{ var(txn.user) -m len gt 0 }`,
      'http-request set-var(txn.user) var(txn.newuser) if { var(txn.newuser) -m found }',
      `http-response add-header Set-Cookie "${cookie}" if { var(txn.newuser) -m found }`,
    ];
  });
  return [
    ...lines,
    `http-request set-var(txn.seed) var(txn.rule),map_str(${map('seeds')})`,
    'http-request set-var(txn.bucket) var(txn.user),concat(,txn.seed),xxh32,mod(1000) if { var(txn.user) -m len gt 0 }',
  ].map((line) => `  ${line}`);
}

function renderTry(group: string, rule: Rule): string {
  const path =
    rule.path.type === 'RegularExpression' ? [`{ var(txn.path) -m reg -- ${quote(`^(${rule.path.value})$`)} }`] : [];
  const conditions = [...path, ...rule.conditions.map(renderCondition)].map((condition) => ` ${condition}`).join('');
  return `  http-request set-var(txn.rule) str(${rule.id}) if { var(txn.group) -m str ${group} } !{ var(txn.rule) -m found }${conditions}`;
}

function renderCondition(condition: Condition): string {
  if (condition.on === 'scheme') return condition.value === 'https' ? '{ ssl_fc }' : '!{ ssl_fc }';
  if (condition.on === 'method') return `{ method ${condition.value} }`;
  const fetch = condition.on === 'header' ? `req.fhdr(${condition.name})` : `url_param(${condition.name})`;
  const match =
    condition.type === 'Exact' ? `str -- ${quote(condition.value)}` : `reg -- ${quote(`^(${condition.value})$`)}`;
  return `{ ${fetch} -m ${match} }`;
}

function renderRule(rule: Rule): string[] {
  const when = `if { var(txn.rule) -m str ${rule.id} }`;
  const lines = rule.filters.flatMap((filter) => renderFilter(filter).map((line) => `  ${line} ${when}`));
  for (const { backend, share } of rule.mirrors) {
    // A body is copied where it is sure to fit into HAProxy's buffer.
    lines.push(`  http-request wait-for-body time 2s ${when} { req.hdr_val(content-length) 1:15000 }`);
    lines.push(`  http-request lua.mirror ${backend} ${when} { rand(1000) lt ${share} }`);
  }
  if (rule.timeoutMs !== undefined) lines.push(`  http-request set-timeout server ${rule.timeoutMs}ms ${when}`);
  return lines;
}

function renderFilter(filter: Filter): string[] {
  switch (filter.do) {
    case 'request-headers':
    case 'response-headers': {
      const on = filter.do === 'request-headers' ? 'http-request' : 'http-response';
      return [
        ...filter.set.map(({ name, value }) => `${on} set-header ${name} ${literal(value)}`),
        ...filter.add.map(({ name, value }) => `${on} add-header ${name} ${literal(value)}`),
        ...filter.remove.map((name) => `${on} del-header ${name}`),
      ];
    }
    case 'redirect': {
      const host = filter.hostname === undefined ? '%[var(txn.host)]' : literalInside(filter.hostname);
      const scheme = filter.scheme ?? '%[ssl_fc,iif(https,http)]';
      const port = redirectPort(filter);
      const lines = filter.path ? [renderPath(filter.path)] : [];
      return [...lines, `http-request redirect location ${scheme}://${host}${port}%[pathq] code ${filter.statusCode}`];
    }
    case 'rewrite':
      return [
        ...(filter.path ? [renderPath(filter.path)] : []),
        ...(filter.hostname === undefined ? [] : [`http-request set-header Host ${literal(filter.hostname)}`]),
      ];
  }
}

/** Gateway API: a named port stands; a named scheme takes its well-known port; else the port that was asked. */
function redirectPort(filter: Extract<Filter, { do: 'redirect' }>): string {
  if (filter.port !== undefined) {
    const usual =
      (filter.scheme === 'https' && filter.port === 443) || (filter.scheme === 'http' && filter.port === 80);
    return usual ? '' : `:${filter.port}`;
  }
  return filter.scheme === undefined ? ':%[dst_port]' : '';
}

function renderPath(change: PathChange): string {
  if (change.type === 'full') return `http-request set-path ${literal(change.value)}`;
  const prefix = change.prefix === '/' ? '' : change.prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const value = change.value === '/' ? '' : change.value.replace(/\/+$/, '');
  return `http-request replace-path ${quote(`^${prefix}/?(.*)$`)} ${literal(`${value}/`).slice(0, -1)}\\1'`;
}

/** A word that HAProxy takes as it stands. Control characters cannot be written and never match a request. */
function quote(text: string): string {
  return `'${[...text]
    .filter((char) => char >= ' ' && char !== '\x7f')
    .join('')
    .replaceAll("'", "'\\''")}'`;
}

/** As `quote`, where a percent sign would begin an expression. */
function literal(text: string): string {
  return quote(text.replaceAll('%', '%%'));
}

function literalInside(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]/g, '');
}
