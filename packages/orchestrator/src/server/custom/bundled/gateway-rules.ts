import { type Json, type JsonObject, objectAt } from '../../../kinds/index.js';

interface Rule {
  readonly message: string;
  readonly rule: string;
}

/** Rules of the values at a path of a kind's schema: `spec.rules[].matches[].path`. */
interface Placed {
  /** Absent: all. */
  readonly kinds?: readonly string[];
  readonly at: RegExp;
  readonly rules: readonly Rule[];
}

const hostname = '(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const pathText = "(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+";
const serviceText = '(?i)\\.?[a-z_][a-z_0-9]*(\\.[a-z_][a-z_0-9]*)*';
const methodText = '[A-Za-z_][A-Za-z_0-9]*';
const raw = (pattern: string) => `r"""${pattern}"""`;

/** Each of `items` (fields that make two the same) is alone, or told apart from its equals by its section. */
function sectionRules(list: string, what: string, same: string): Rule[] {
  const section = (each: string) => `(has(${each}.sectionName) ? ${each}.sectionName : '')`;
  const many = `when ${list} includes 2 or more references to the same ${what}`;
  return [
    {
      message: `sectionName must be specified ${many}`,
      rule: `self.all(a, self.all(b, !(${same}) || (${section('a')} == '') == (${section('b')} == '')))`,
    },
    {
      message: `sectionName must be unique ${many}`,
      rule: `self.all(a, self.exists_one(b, ${same} && ${section('a')} == ${section('b')}))`,
    },
  ];
}

const namespace = (each: string) => `(has(${each}.__namespace__) ? ${each}.__namespace__ : '')`;
const sameType = 'a.group == b.group && a.kind == b.kind && a.name == b.name';
const parentRules = sectionRules('parentRefs', 'parent', `${sameType} && ${namespace('a')} == ${namespace('b')}`);
const targetRules = sectionRules('targetRefs', 'target', sameType);

/** A filter carries the settings of its own type and of no other. */
const unionRules = (types: Readonly<Record<string, string>>): Rule[] =>
  Object.entries(types).flatMap(([type, field]) => [
    {
      message: `filter.${field} must be nil if the filter.type is not ${type}`,
      rule: `self.type == '${type}' || !has(self.${field})`,
    },
    {
      message: `filter.${field} must be specified for ${type} filter.type`,
      rule: `self.type != '${type}' || has(self.${field})`,
    },
  ]);

const grpcFilters = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  ExtensionRef: 'extensionRef',
};
const httpFilters = { ...grpcFilters, RequestRedirect: 'requestRedirect', URLRewrite: 'urlRewrite', CORS: 'cors' };

const onceRules = (types: readonly string[]): Rule[] =>
  types.map((type) => ({
    message: `${type} filter cannot be repeated`,
    rule: `self.filter(each, each.type == '${type}').size() <= 1`,
  }));

const literalPath = "['Exact', 'PathPrefix']";
const isLiteral = `self.type in ${literalPath}`;
const pathRules: Rule[] = [
  {
    message: `value must be an absolute path and start with '/' when type one of ${literalPath}`,
    rule: `!(${isLiteral}) || self.value.startsWith('/')`,
  },
  ...['//', '/./', '/../', '%2f', '%2F', '#'].map((part) => ({
    message: `must not contain '${part}' when type one of ${literalPath}`,
    rule: `!(${isLiteral}) || !self.value.contains('${part}')`,
  })),
  ...['/..', '/.'].map((part) => ({
    message: `must not end with '${part}' when type one of ${literalPath}`,
    rule: `!(${isLiteral}) || !self.value.endsWith('${part}')`,
  })),
  {
    message: "type must be one of ['Exact', 'PathPrefix', 'RegularExpression']",
    rule: "self.type in ['Exact', 'PathPrefix', 'RegularExpression']",
  },
  {
    message: `must only contain valid characters (matching ^${pathText}$) for types ${literalPath}`,
    rule: `!(${isLiteral}) || self.value.matches(${raw(`^${pathText}$`)})`,
  },
];

const replacements = { ReplaceFullPath: 'replaceFullPath', ReplacePrefixMatch: 'replacePrefixMatch' };
const pathModifierRules: Rule[] = Object.entries(replacements).flatMap(([type, field]) => [
  {
    message: `${field} must be specified when type is set to '${type}'`,
    rule: `self.type != '${type}' || has(self.${field})`,
  },
  {
    message: `type must be '${type}' when ${field} is set`,
    rule: `!has(self.${field}) || self.type == '${type}'`,
  },
]);

/** A prefix can be replaced only where it is known which one. */
const prefixRule = (message: string, uses: string): Rule => ({
  message,
  rule: `!(${uses}) || (has(self.matches) && self.matches.size() == 1 && has(self.matches[0].path) && self.matches[0].path.type == 'PathPrefix')`,
});
const usesPrefix = (filters: string, field: string) =>
  `has(${filters}) && ${filters}.exists(f, has(f.${field}) && has(f.${field}.path) && f.${field}.path.type == 'ReplacePrefixMatch' && has(f.${field}.path.replacePrefixMatch))`;
const anyBackend = (inner: string) => `has(self.backendRefs) && self.backendRefs.exists(b, ${inner})`;
const onePrefix = 'filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified';
const httpRuleRules: Rule[] = [
  {
    message: 'RequestRedirect filter must not be used together with backendRefs',
    rule: '!has(self.backendRefs) || self.backendRefs.size() == 0 || !has(self.filters) || !self.filters.exists(f, has(f.requestRedirect))',
  },
  prefixRule(`When using RequestRedirect ${onePrefix}`, usesPrefix('self.filters', 'requestRedirect')),
  prefixRule(`When using URLRewrite ${onePrefix}`, usesPrefix('self.filters', 'urlRewrite')),
  prefixRule(
    `Within backendRefs, when using RequestRedirect ${onePrefix}`,
    anyBackend(usesPrefix('b.filters', 'requestRedirect')),
  ),
  prefixRule(
    `Within backendRefs, When using URLRewrite ${onePrefix}`,
    anyBackend(usesPrefix('b.filters', 'urlRewrite')),
  ),
];

const allMatches = Array.from(
  { length: 16 },
  (_, index) => `(self.size() > ${index} && has(self[${index}].matches) ? self[${index}].matches.size() : 0)`,
).join(' + ');
const routeRules: Rule[] = [
  {
    message: 'Rule name must be unique within the route',
    rule: 'self.all(a, !has(a.name) || self.exists_one(b, has(b.name) && a.name == b.name))',
  },
  {
    message:
      'While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128',
    rule: `${allMatches} <= 128`,
  },
];

const isProtocol = (names: string) => `l.protocol.matches('(?i)^(${names})$')`;
const listenerRules: Rule[] = [
  {
    message: "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
    rule: `self.all(l, !${isProtocol('HTTP|TCP|UDP')} || !has(l.tls))`,
  },
  {
    message: 'tls mode must be Terminate for protocol HTTPS',
    rule: `self.all(l, !${isProtocol('HTTPS')} || !has(l.tls) || !has(l.tls.mode) || l.tls.mode == 'Terminate')`,
  },
  {
    message: 'tls mode must be set for protocol TLS',
    rule: `self.all(l, !${isProtocol('TLS')} || (has(l.tls) && has(l.tls.mode)))`,
  },
  {
    message: "hostname must not be specified for protocols ['TCP', 'UDP']",
    rule: `self.all(l, !${isProtocol('TCP|UDP')} || !has(l.hostname) || l.hostname == '')`,
  },
  {
    message: 'Listener name must be unique within the Gateway',
    rule: 'self.all(a, self.exists_one(b, a.name == b.name))',
  },
  {
    message: 'Combination of port, protocol and hostname must be unique for each listener',
    rule: "self.all(a, self.exists_one(b, a.port == b.port && a.protocol.lowerAscii() == b.protocol.lowerAscii() && (has(a.hostname) ? a.hostname : '') == (has(b.hostname) ? b.hostname : '')))",
  },
];

const nameForm =
  'must be in the form of an optional DNS subdomain prefix followed by a required name segment of up to 63';
/** Of labels and annotations that are handed on. */
const keyRules = (what: string): Rule[] => [
  {
    message: `${what} keys ${nameForm} characters.`,
    rule: `self.all(key, key.matches(${raw(`^(${subdomain}/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$`)}))`,
  },
  {
    message: `If specified, the ${what.toLowerCase()} key's prefix must be a DNS subdomain not longer than 253 characters in total.`,
    rule: "self.all(key, key.split('/')[0].size() < 253)",
  },
];

const uniqueAddresses = (type: string): Rule => ({
  message: `${type} values must be unique`,
  rule: `self.all(a, a.type != '${type}' || !has(a.value) || self.exists_one(b, b.type == a.type && has(b.value) && b.value == a.value))`,
});

const alone = (message: string): Rule => ({ message, rule: "!('*' in self) || self.size() == 1" });

const placed: readonly Placed[] = [
  {
    kinds: ['GatewayClass'],
    at: /^spec\.controllerName$/,
    rules: [{ message: 'Value is immutable', rule: 'self == oldSelf' }],
  },
  { kinds: ['Gateway', 'ListenerSet'], at: /^spec\.listeners$/, rules: listenerRules },
  {
    at: /^spec\.listeners\[\]\.tls$/,
    rules: [
      {
        message: 'certificateRefs or options must be specified when mode is Terminate',
        rule: "!has(self.mode) || self.mode != 'Terminate' || (has(self.certificateRefs) && self.certificateRefs.size() > 0) || (has(self.options) && self.options.size() > 0)",
      },
    ],
  },
  { kinds: ['Gateway'], at: /^spec\.infrastructure\.labels$/, rules: keyRules('Label') },
  { kinds: ['Gateway'], at: /^spec\.infrastructure\.annotations$/, rules: keyRules('Annotation') },
  {
    kinds: ['Gateway'],
    at: /^spec\.addresses$/,
    rules: [uniqueAddresses('IPAddress'), uniqueAddresses('Hostname')],
  },
  {
    kinds: ['Gateway'],
    at: /^spec\.addresses\[\]$/,
    rules: [
      {
        message: `Hostname value must be empty or contain only valid characters (matching ^${hostname}$)`,
        rule: `self.type != 'Hostname' || !has(self.value) || self.value == '' || self.value.matches(${raw(`^${hostname}$`)})`,
      },
    ],
  },
  {
    kinds: ['Gateway'],
    at: /^status\.addresses\[\]$/,
    rules: [
      {
        message: `Hostname value must only contain valid characters (matching ^${hostname}$)`,
        rule: `self.type != 'Hostname' || self.value.matches(${raw(`^${hostname}$`)})`,
      },
    ],
  },
  {
    kinds: ['Gateway'],
    at: /^spec\.tls\.frontend\.perPort$/,
    rules: [
      {
        message: 'Port for TLS configuration must be unique within the Gateway',
        rule: 'self.all(a, self.exists_one(b, a.port == b.port))',
      },
    ],
  },
  { at: /^spec\.parentRefs$/, rules: parentRules },
  { kinds: ['BackendTLSPolicy'], at: /^spec\.targetRefs$/, rules: targetRules },
  { kinds: ['HTTPRoute', 'GRPCRoute'], at: /^spec\.rules$/, rules: routeRules },
  { kinds: ['HTTPRoute'], at: /^spec\.rules\[\]$/, rules: httpRuleRules },
  {
    kinds: ['HTTPRoute'],
    at: /^spec\.rules\[\]\.timeouts$/,
    rules: [
      {
        message: 'backendRequest timeout cannot be longer than request timeout',
        rule: "!has(self.request) || !has(self.backendRequest) || duration(self.request) == duration('0s') || duration(self.backendRequest) <= duration(self.request)",
      },
    ],
  },
  { kinds: ['HTTPRoute'], at: /\.matches\[\]\.path$/, rules: pathRules },
  {
    kinds: ['HTTPRoute'],
    at: /\.filters$/,
    rules: [
      {
        message: 'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
        rule: "!(self.exists(f, f.type == 'RequestRedirect') && self.exists(f, f.type == 'URLRewrite'))",
      },
      ...onceRules(['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite']),
    ],
  },
  {
    kinds: ['GRPCRoute'],
    at: /\.filters$/,
    rules: onceRules(['RequestHeaderModifier', 'ResponseHeaderModifier']),
  },
  { kinds: ['HTTPRoute'], at: /\.filters\[\]$/, rules: unionRules(httpFilters) },
  { kinds: ['GRPCRoute'], at: /\.filters\[\]$/, rules: unionRules(grpcFilters) },
  { kinds: ['HTTPRoute'], at: /\.(requestRedirect|urlRewrite)\.path$/, rules: pathModifierRules },
  {
    at: /\.requestMirror$/,
    rules: [
      {
        message: 'Only one of percent or fraction may be specified in HTTPRequestMirrorFilter',
        rule: '!(has(self.percent) && has(self.fraction))',
      },
    ],
  },
  {
    at: /\.requestMirror\.fraction$/,
    rules: [
      { message: 'numerator must be less than or equal to denominator', rule: 'self.numerator <= self.denominator' },
    ],
  },
  {
    at: /\.cors\.allowOrigins$/,
    rules: [alone("AllowOrigins cannot contain '*' alongside other origins")],
  },
  {
    at: /\.cors\.allowMethods$/,
    rules: [alone("AllowMethods cannot contain '*' alongside other methods")],
  },
  {
    at: /\.cors\.allowHeaders$/,
    rules: [alone("AllowHeaders cannot contain '*' alongside other methods")],
  },
  {
    at: /\.(backendRefs\[\]|requestMirror\.backendRef)$/,
    rules: [
      {
        message: 'Must have port for Service reference',
        rule: "self.group != '' || self.kind != 'Service' || has(self.port)",
      },
    ],
  },
  {
    kinds: ['GRPCRoute'],
    at: /\.matches\[\]\.method$/,
    rules: [
      {
        message: "One or both of 'service' or 'method' must be specified",
        rule: '!has(self.type) || has(self.service) || has(self.method)',
      },
      {
        message: `service must only contain valid characters (matching ^${serviceText}$)`,
        rule: `(has(self.type) && self.type != 'Exact') || !has(self.service) || self.service.matches(${raw(`^${serviceText}$`)})`,
      },
      {
        message: `method must only contain valid characters (matching ^${methodText}$)`,
        rule: `(has(self.type) && self.type != 'Exact') || !has(self.method) || self.method.matches(${raw(`^${methodText}$`)})`,
      },
    ],
  },
  {
    kinds: ['TLSRoute'],
    at: /^spec\.hostnames$/,
    rules: [
      { message: 'Hostnames cannot contain an IP', rule: 'self.all(h, !isIP(h))' },
      {
        message: 'Hostnames must be valid based on RFC-1123',
        rule: `self.all(h, h.contains('*') || h.matches(${raw(`^${subdomain}$`)}))`,
      },
      {
        message:
          'Wildcards on hostnames must be the first label, and the rest of hostname must be valid based on RFC-1123',
        rule: `self.all(h, !h.contains('*') || (h.startsWith('*.') && h.substring(2).matches(${raw(`^${subdomain}$`)})))`,
      },
    ],
  },
  {
    kinds: ['BackendTLSPolicy'],
    at: /^spec\.validation$/,
    rules: [
      {
        message: 'must not contain both CACertificateRefs and WellKnownCACertificates',
        rule: "!(has(self.caCertificateRefs) && self.caCertificateRefs.size() > 0 && has(self.wellKnownCACertificates) && self.wellKnownCACertificates != '')",
      },
      {
        message: 'must specify either CACertificateRefs or WellKnownCACertificates',
        rule: "(has(self.caCertificateRefs) && self.caCertificateRefs.size() > 0) || (has(self.wellKnownCACertificates) && self.wellKnownCACertificates != '')",
      },
    ],
  },
  {
    kinds: ['BackendTLSPolicy'],
    at: /\.subjectAltNames\[\]$/,
    rules: Object.entries({ Hostname: 'hostname', URI: 'uri' }).flatMap(([type, field]) => [
      {
        message: `SubjectAltName element must contain ${type}, if Type is set to ${type}`,
        rule: `self.type != '${type}' || (has(self.${field}) && self.${field} != '')`,
      },
      {
        message: `SubjectAltName element must not contain ${type}, if Type is not set to ${type}`,
        rule: `self.type == '${type}' || !has(self.${field}) || self.${field} == ''`,
      },
    ]),
  },
];

/** A copy of a Gateway API kind's schema with the rules that its values are held to. */
export function withGatewayRules(kind: string, schema: JsonObject): JsonObject {
  const own = placed.filter(({ kinds }) => !kinds || kinds.includes(kind));
  const visit = (node: JsonObject, path: string): JsonObject => {
    const rules = own.filter(({ at }) => at.test(path)).flatMap((each) => each.rules);
    const properties = Object.entries(objectAt(node, 'properties')).map(([name, child]): [string, Json] => [
      name,
      visit(child as JsonObject, path === '' ? name : `${path}.${name}`),
    ]);
    return {
      ...node,
      ...(node.properties !== undefined && { properties: Object.fromEntries(properties) }),
      ...(node.items !== undefined && { items: visit(objectAt(node, 'items'), `${path}[]`) }),
      ...(rules.length > 0 && { 'x-kubernetes-validations': rules.map((each) => ({ ...each })) }),
    };
  };
  return visit(schema, '');
}
