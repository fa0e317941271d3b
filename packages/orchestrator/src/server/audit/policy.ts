import { parse } from 'yaml';
import { arrayAt, isJsonObject, type Json, type JsonObject, objectsAt } from '../../kinds/index.js';
import type { User } from '../authentication.js';
import type { RequestInfo } from '../front/request-info.js';

export const levels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
/** How much is noted of a request. */
export type AuditLevel = (typeof levels)[number];

export const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type AuditStage = (typeof stages)[number];

export interface AuditDecision {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<AuditStage>;
  readonly omitManagedFields: boolean;
}

type Match = (user: User, info: RequestInfo) => boolean;

/** An `audit.k8s.io/v1` Policy, ready to be asked: the first rule that matches decides. */
export interface AuditPolicy {
  decide(user: User, info: RequestInfo): AuditDecision;
}

const nothing: AuditDecision = { level: 'None', omitStages: new Set(), omitManagedFields: false };

/** Reads a policy from YAML or JSON. Throws an Error that says what is wrong with it. */
export function parseAuditPolicy(text: string): AuditPolicy {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new Error(`the audit policy cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isJsonObject(value as Json)) throw new Error('the audit policy is no object: write an audit.k8s.io/v1 Policy');
  return compilePolicy(value as JsonObject);
}

export function compilePolicy(policy: JsonObject): AuditPolicy {
  if (policy.apiVersion !== 'audit.k8s.io/v1' || policy.kind !== 'Policy')
    throw new Error(
      `the audit policy is ${String(policy.apiVersion)} ${String(policy.kind)}: write apiVersion audit.k8s.io/v1 and kind Policy`,
    );
  const rules = objectsAt(policy, 'rules');
  if (rules.length === 0) throw new Error('the audit policy has no rules: add one, if only `- level: Metadata`');
  const compiled = rules.map((rule, index) => ({
    matches: matchOf(rule),
    decision: decisionOf(policy, rule, `rules[${index}]`),
  }));
  return { decide: (user, info) => compiled.find((each) => each.matches(user, info))?.decision ?? nothing };
}

function decisionOf(policy: JsonObject, rule: JsonObject, at: string): AuditDecision {
  const level = levels.find((each) => each === rule.level);
  if (!level)
    throw new Error(`${at}.level of the audit policy is ${JSON.stringify(rule.level)}: use ${levels.join(', ')}`);
  const omitStages = new Set<AuditStage>();
  for (const name of [...arrayAt(policy, 'omitStages'), ...arrayAt(rule, 'omitStages')]) {
    const stage = stages.find((each) => each === name);
    if (!stage)
      throw new Error(`${at}.omitStages of the audit policy has ${JSON.stringify(name)}: use ${stages.join(', ')}`);
    omitStages.add(stage);
  }
  const omitManagedFields = (rule.omitManagedFields ?? policy.omitManagedFields) === true;
  if (rule.nonResourceURLs !== undefined && (rule.resources !== undefined || rule.namespaces !== undefined))
    throw new Error(`${at} of the audit policy is for resources and for nonResourceURLs: make two rules of it`);
  return { level, omitStages, omitManagedFields };
}

function matchOf(rule: JsonObject): Match {
  const tests: Match[] = [];
  const list = (key: string) => arrayAt(rule, key).map(String);
  const users = new Set(list('users'));
  if (users.size > 0) tests.push((user) => users.has(user.name));
  const groups = new Set(list('userGroups'));
  if (groups.size > 0) tests.push((user) => user.groups.some((each) => groups.has(each)));
  const verbs = new Set(list('verbs'));
  if (verbs.size > 0) tests.push((_user, info) => verbs.has(info.verb));
  const namespaces = new Set(list('namespaces'));
  if (namespaces.size > 0) tests.push((_user, info) => info.isResource && namespaces.has(info.namespace));
  const resources = objectsAt(rule, 'resources').map(resourceMatch);
  if (resources.length > 0) tests.push((_user, info) => info.isResource && resources.some((each) => each(info)));
  const urls = list('nonResourceURLs');
  if (urls.length > 0) tests.push((_user, info) => !info.isResource && urls.some((url) => isUrl(url, info.pathname)));
  return (user, info) => tests.every((each) => each(user, info));
}

const isUrl = (url: string, path: string) =>
  url === '*' || (url.endsWith('*') ? path.startsWith(url.slice(0, -1)) : url === path);

function resourceMatch(of: JsonObject): (info: RequestInfo) => boolean {
  const group = of.group ?? '';
  const names = new Set(arrayAt(of, 'resourceNames').map(String));
  const resources = new Set(arrayAt(of, 'resources').map(String));
  return ({ group: asked, resource, subresource, name }) => {
    if (group !== asked) return false;
    if (resources.size === 0) return true;
    if (names.size > 0 && !names.has(name)) return false;
    if (resources.has('*')) return true;
    if (subresource === '') return resources.has(resource);
    return (
      resources.has(`${resource}/${subresource}`) || resources.has(`${resource}/*`) || resources.has(`*/${subresource}`)
    );
  };
}

const secretive = [{ group: '', resources: ['secrets', 'configmaps', 'serviceaccounts/token'] }];

/** Who changed what, and who reached into a container; nothing of reads and of what components say all day. */
export const defaultPolicy: JsonObject = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    {
      level: 'None',
      resources: [
        { group: '', resources: ['events'] },
        { group: 'events.k8s.io', resources: ['events'] },
        { group: 'coordination.k8s.io', resources: ['leases'] },
        { group: 'authorization.k8s.io' },
      ],
    },
    {
      level: 'Metadata',
      resources: [
        {
          group: '',
          resources: ['pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy', 'services/proxy', 'nodes/proxy'],
        },
      ],
    },
    { level: 'None', verbs: ['get', 'list', 'watch', 'head', 'options'] },
    { level: 'Metadata', resources: secretive },
    { level: 'Metadata' },
  ],
};

/** Bodies that are never written, whatever a policy says: they hold secrets. */
export function isSecret({ group, resource, subresource }: RequestInfo): boolean {
  if (group === '') return resource === 'secrets' || (resource === 'serviceaccounts' && subresource === 'token');
  return group === 'authentication.k8s.io' && resource === 'tokenreviews';
}
