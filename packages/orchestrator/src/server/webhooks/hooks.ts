import {
  arrayAt,
  isJsonObject,
  type JsonObject,
  type LabelSelector,
  matchesLabelSelector,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
} from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import type { AdmissionRequest } from '../admission/admission.js';
import { derived } from '../derived.js';
import { asJson } from '../registry.js';

const registrationGroup = 'admissionregistration.k8s.io';

interface Rule {
  readonly operations: readonly string[];
  readonly groups: readonly string[];
  readonly versions: readonly string[];
  readonly resources: readonly string[];
  readonly scope: string;
}

/** One web hook of a configuration, ready to be matched. */
export interface Hook {
  readonly name: string;
  readonly configuration: string;
  readonly clientConfig: JsonObject;
  readonly rules: readonly Rule[];
  readonly failurePolicy: string;
  readonly matchPolicy: string;
  readonly namespaceSelector: LabelSelector | undefined;
  readonly objectSelector: LabelSelector | undefined;
  readonly hasSideEffects: boolean;
  readonly timeoutSeconds: number;
  readonly reviewVersions: readonly string[];
  readonly isReinvoked: boolean;
  readonly matchConditions: readonly { name: string; expression: string }[];
}

/** The hooks of a kind of configuration in the order they are called in: by configuration's name, then as written. */
export function hooksIn(store: Store, which: 'mutating' | 'validating'): () => readonly Hook[] {
  const resource = `${registrationGroup}/${which}webhookconfigurations`;
  return derived(store, [resource], () =>
    [...store.list(resource)]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((each) => objectsAt(asJson(each.value), 'webhooks').map((hook) => toHook(each.name, hook))),
  );
}

function toHook(configuration: string, hook: JsonObject): Hook {
  return {
    name: stringAt(hook, 'name'),
    configuration,
    clientConfig: objectAt(hook, 'clientConfig'),
    rules: objectsAt(hook, 'rules').map((rule) => ({
      operations: textsAt(rule, 'operations'),
      groups: textsAt(rule, 'apiGroups'),
      versions: textsAt(rule, 'apiVersions'),
      resources: textsAt(rule, 'resources'),
      scope: stringAt(rule, 'scope') || '*',
    })),
    failurePolicy: stringAt(hook, 'failurePolicy') || 'Fail',
    matchPolicy: stringAt(hook, 'matchPolicy') || 'Equivalent',
    namespaceSelector: selectorAt(hook, 'namespaceSelector'),
    objectSelector: selectorAt(hook, 'objectSelector'),
    hasSideEffects: !['None', 'NoneOnDryRun'].includes(stringAt(hook, 'sideEffects')),
    timeoutSeconds: numberAt(hook, 'timeoutSeconds') ?? 10,
    reviewVersions: textsAt(hook, 'admissionReviewVersions'),
    isReinvoked: hook.reinvocationPolicy === 'IfNeeded',
    matchConditions: objectsAt(hook, 'matchConditions').map((each) => ({
      name: stringAt(each, 'name'),
      expression: stringAt(each, 'expression'),
    })),
  };
}

const textsAt = (object: JsonObject, key: string) => arrayAt(object, key).map(String);

/** Undefined: everything matches. */
function selectorAt(object: JsonObject, key: string): LabelSelector | undefined {
  const selector = object[key];
  if (!isJsonObject(selector) || Object.keys(selector).length === 0) return undefined;
  return selector;
}

/** The hooks' own configurations and the policies are never sent to hooks: a broken one could not be repaired. */
export function isExempt({ group, plural }: { group: string; plural: string }): boolean {
  return group === registrationGroup && /^(mutating|validating)(webhookconfigurations|admissionpolic.*)$/.test(plural);
}

export interface Version {
  readonly group: string;
  readonly version: string;
}

/**
 * The version of the resource that the hook is to be sent: the request's own where a rule names it, else the first
 * equivalent one that a rule names. Undefined where no rule matches.
 */
export function ruleMatch<T extends Version>(
  hook: Hook,
  { kind: { type }, operation, subresource }: AdmissionRequest,
  equivalents: readonly T[],
): Version | T | undefined {
  const matches = ({ group, version }: Version) =>
    hook.rules.some(
      (rule) =>
        includes(rule.operations, operation) &&
        includes(rule.groups, group) &&
        includes(rule.versions, version) &&
        (rule.scope === '*' || (rule.scope === 'Namespaced') === type.namespaced) &&
        rule.resources.some((each) => isResource(each, type.plural, subresource)),
    );
  if (matches(type)) return type;
  return hook.matchPolicy === 'Equivalent' ? equivalents.find(matches) : undefined;
}

const includes = (list: readonly string[], value: string) => list.includes('*') || list.includes(value);

/** A pattern names a resource or `*`, and after a slash a subresource or `*`; without a slash it is never a subresource. */
function isResource(pattern: string, plural: string, subresource: string): boolean {
  const [resource = '', part] = pattern.split('/');
  const isPart = pattern === '*/*' || part === '*' || (part ?? '') === subresource;
  return isPart && (resource === '*' || resource === plural);
}

/** Whether the labels of the namespace and of the object are what the hook asks for. */
export function selectorsMatch(hook: Hook, request: AdmissionRequest, store: Store): boolean {
  const { object, old, namespace, kind } = request;
  if (hook.namespaceSelector) {
    const isNamespace = kind.type.kind === 'Namespace' && kind.type.group === '';
    const labels = isNamespace
      ? labelsOf(object ?? old)
      : namespace === ''
        ? undefined
        : (store.get('namespaces', '', namespace)?.value.metadata.labels ?? {});
    if (labels && !matchesLabelSelector(hook.namespaceSelector, labels)) return false;
  }
  if (!hook.objectSelector) return true;
  const selector = hook.objectSelector;
  return [object, old].some((each) => each && matchesLabelSelector(selector, labelsOf(each)));
}

function labelsOf(object: JsonObject | undefined): Record<string, string> {
  const labels = objectAt(objectAt(object, 'metadata'), 'labels');
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]));
}
