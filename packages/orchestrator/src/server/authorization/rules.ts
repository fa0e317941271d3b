import { arrayAt, type JsonObject, objectsAt } from '../../kinds/index.js';

/** A rule of a role. Empty lists grant nothing, but no names means every name. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

const texts = (object: JsonObject, key: string) => arrayAt(object, key).filter((each) => typeof each === 'string');

export function toRule(rule: JsonObject): PolicyRule {
  return {
    verbs: texts(rule, 'verbs'),
    apiGroups: texts(rule, 'apiGroups'),
    resources: texts(rule, 'resources'),
    resourceNames: texts(rule, 'resourceNames'),
    nonResourceURLs: texts(rule, 'nonResourceURLs'),
  };
}

export function rulesOfRole(role: JsonObject): PolicyRule[] {
  return objectsAt(role, 'rules').map(toRule);
}

/** The rule as it stands in a role: without its empty lists. */
export function fromRule(rule: PolicyRule): JsonObject {
  const lists = Object.entries(rule).filter(([, list]) => list.length > 0);
  return Object.fromEntries(lists.map(([key, list]) => [key, [...list]]));
}

/** Everything there is: what changing an aggregated role takes. */
export const fullAuthority: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [], nonResourceURLs: [] },
  { verbs: ['*'], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ['*'] },
];

/** The parts of `wanted` that no single rule of `owned` covers, each of one verb and one resource or path. */
export function missingRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(atomsOf).filter((atom) => !owned.some((rule) => coversAtom(rule, atom)));
}

function atomsOf(rule: PolicyRule): PolicyRule[] {
  const none = { apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] };
  const names = rule.resourceNames.length > 0 ? rule.resourceNames.map((name) => [name]) : [[]];
  return rule.verbs.flatMap((verb) => [
    ...rule.apiGroups.flatMap((group) =>
      rule.resources.flatMap((resource) =>
        names.map((resourceNames) => ({
          ...none,
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          resourceNames,
        })),
      ),
    ),
    ...rule.nonResourceURLs.map((path) => ({ ...none, verbs: [verb], nonResourceURLs: [path] })),
  ]);
}

const hasAll = (owned: readonly string[], wanted: readonly string[]) =>
  owned.includes('*') || wanted.every((each) => owned.includes(each));

function coversAtom(owner: PolicyRule, atom: PolicyRule): boolean {
  return (
    hasAll(owner.verbs, atom.verbs) &&
    hasAll(owner.apiGroups, atom.apiGroups) &&
    coversResources(owner.resources, atom.resources) &&
    coversNames(owner.resourceNames, atom.resourceNames) &&
    atom.nonResourceURLs.every((path) => matchesPath(owner.nonResourceURLs, path))
  );
}

function coversResources(owned: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((each) => {
    if (owned.includes('*') || owned.includes(each)) return true;
    const slash = each.indexOf('/');
    return slash >= 0 && owned.includes(`*${each.slice(slash)}`);
  });
}

const coversNames = (owned: readonly string[], wanted: readonly string[]) =>
  owned.length === 0 || (wanted.length > 0 && wanted.every((each) => owned.includes(each)));

/** Whether a path is one of the patterns, which may end in `*`. */
export function matchesPath(patterns: readonly string[], path: string): boolean {
  return patterns.some((each) => each === path || (each.endsWith('*') && path.startsWith(each.replace(/\*+$/, ''))));
}

/** One line a rule, verbs of one resource together, in the alphabet's order: for people to read in a refusal. */
export function describeRules(rules: readonly PolicyRule[]): string {
  const merged = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames, rule.nonResourceURLs]);
    const known = rule.nonResourceURLs.length === 0 ? merged.get(key) : undefined;
    if (known) merged.set(key, { ...known, verbs: [...new Set([...known.verbs, ...rule.verbs])] });
    else merged.set(rule.nonResourceURLs.length === 0 ? key : `${key}${rule.verbs.join()}`, rule);
  }
  return [...new Set([...merged.values()].map(describeRule))].sort().join('\n');
}

export const quoteList = (list: readonly string[]) => `[${list.map((each) => JSON.stringify(each)).join(' ')}]`;

function describeRule(rule: PolicyRule): string {
  const parts: string[] = [];
  if (rule.apiGroups.length > 0) parts.push(`APIGroups:${quoteList(rule.apiGroups)}`);
  if (rule.resources.length > 0) parts.push(`Resources:${quoteList(rule.resources)}`);
  if (rule.nonResourceURLs.length > 0) parts.push(`NonResourceURLs:${quoteList(rule.nonResourceURLs)}`);
  if (rule.resourceNames.length > 0) parts.push(`ResourceNames:${quoteList(rule.resourceNames)}`);
  if (rule.verbs.length > 0) parts.push(`Verbs:${quoteList(rule.verbs)}`);
  return `{${parts.join(', ')}}`;
}
