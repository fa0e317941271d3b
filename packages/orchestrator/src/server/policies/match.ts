import { type JsonObject, type KindDefinition, matchesLabelSelector, objectAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import type { AdmissionRequest } from '../admission/admission.js';
import type { KindCatalog } from '../catalog.js';
import { storeKeyOf } from '../registry.js';
import type { Match, ResourceRule } from './spec.js';

/**
 * The kind in whose version the request is to be judged: its own where a rule names it, else the first equivalent one that
 * a rule names. Undefined where the request is none of those.
 */
export function matchedKind(
  match: Match,
  request: AdmissionRequest,
  store: Store,
  catalog: KindCatalog,
): KindDefinition | undefined {
  if (!selectorsMatch(match, request, store)) return undefined;
  const kinds = [request.kind, ...(match.isEquivalent ? equivalentsOf(request.kind, catalog) : [])];
  const isOneOf = (rules: readonly ResourceRule[], kind: KindDefinition) =>
    rules.some((rule) => ruleMatches(rule, request, kind));
  if (kinds.some((kind) => isOneOf(match.excluded, kind))) return undefined;
  // A binding without rules is about all that its policy is about.
  if (match.rules.length === 0) return request.kind;
  return kinds.find((kind) => isOneOf(match.rules, kind));
}

/** The same resource in other versions. */
function equivalentsOf(kind: KindDefinition, catalog: KindCatalog): KindDefinition[] {
  const key = storeKeyOf(kind);
  return catalog.kinds.filter((each) => each !== kind && storeKeyOf(each) === key);
}

function ruleMatches(rule: ResourceRule, request: AdmissionRequest, { type }: KindDefinition): boolean {
  const isNamespaced = type.namespaced;
  return (
    includes(rule.operations, request.operation) &&
    includes(rule.groups, type.group) &&
    includes(rule.versions, type.version) &&
    (rule.scope === '*' || (rule.scope === 'Namespaced') === isNamespaced) &&
    rule.resources.some((each) => isResource(each, type.plural, request.subresource)) &&
    (rule.names.length === 0 || rule.names.includes(request.name))
  );
}

const includes = (list: readonly string[], value: string) => list.includes('*') || list.includes(value);

/** `pods`, `pods/status`, `pods/*`, `*`, `*` + `/scale`, `*` + `/*`. Without a slash it is never a subresource. */
function isResource(pattern: string, plural: string, subresource: string): boolean {
  const [resource = '', part] = pattern.split('/');
  const isPart = part === '*' || (part ?? '') === subresource;
  return isPart && (resource === '*' || resource === plural);
}

function selectorsMatch(match: Match, request: AdmissionRequest, store: Store): boolean {
  const { object, old, namespace, kind } = request;
  if (match.namespaceSelector) {
    const isNamespace = kind.type.kind === 'Namespace' && kind.type.group === '';
    // What is in no namespace matches any selector of namespaces.
    if (isNamespace || namespace !== '') {
      const labels = isNamespace
        ? labelsOf(object ?? old)
        : (store.get('namespaces', '', namespace)?.value.metadata.labels ?? {});
      if (!matchesLabelSelector(match.namespaceSelector, labels)) return false;
    }
  }
  const selector = match.objectSelector;
  return !selector || [object, old].some((each) => each && matchesLabelSelector(selector, labelsOf(each)));
}

function labelsOf(object: JsonObject | undefined): Record<string, string> {
  const labels = objectAt(objectAt(object, 'metadata'), 'labels');
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]));
}
