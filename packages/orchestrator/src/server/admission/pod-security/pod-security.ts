import {
  type FieldError,
  type JsonObject,
  type KindDefinition,
  objectAt,
  podSecurityHelpAnnotation,
  stringAt,
} from '../../../kinds/index.js';
import type { Store } from '../../../store/index.js';
import { forbidden, invalid } from '../../api-error.js';
import { asJson } from '../../registry.js';
import type { AdmissionPlugin } from '../admission.js';
import { type Level, levels, type Violation, violationsOf } from './checks.js';
import { defaultUserOf, restrict } from './defaults.js';

const prefix = 'pod-security.kubernetes.io/';

interface Policy {
  readonly level: Level;
  /** `latest`, `v1.30`. */
  readonly version: string;
}

const templateKinds = [
  '/podtemplates',
  '/replicationcontrollers',
  'apps/daemonsets',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'batch/cronjobs',
  'batch/jobs',
];
const keyOf = ({ type }: KindDefinition) => `${type.group}/${type.plural}`;

/** The Pod Security Standards, by the labels of the namespace: refused are pods; warned of are pods and what makes them. */
export function podSecurityAdmission(store: Store): AdmissionPlugin {
  const metadataOf = (namespace: string): JsonObject => {
    const found = store.get('namespaces', '', namespace);
    return found ? objectAt(asJson(found.value), 'metadata') : {};
  };
  return {
    name: 'PodSecurity',
    handles: (kind, operation, subresource) => {
      if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
      if (keyOf(kind) === '/pods') return subresource === '' || subresource === 'ephemeralcontainers';
      return subresource === '' && (keyOf(kind) === '/namespaces' || templateKinds.includes(keyOf(kind)));
    },
    validate: ({ kind, namespace, name, object, old, context }) => {
      if (!object) return;
      if (keyOf(kind) === '/namespaces') {
        judgeNamespace(store, kind, name, object, old, context.warnings);
        return;
      }
      const place = metadataOf(namespace);
      const labels = objectAt(place, 'labels');
      const isPod = keyOf(kind) === '/pods';
      const before = old && podIn(old);
      const written = podIn(object);
      if (!written) return;
      // The pods of a template are filled up when they are made: it is not to be blamed for what it leaves open.
      const user = isPod ? undefined : defaultUserOf(store, namespace);
      const pod = user === undefined ? written : { ...written, spec: restrict(written.spec, user) };
      const judged = ({ level }: Policy): Violation[] => {
        const found = violationsOf(level, pod.metadata, pod.spec);
        if (!before || found.length === 0) return found;
        // What was let in before does not stand in the way of other changes.
        return textOf(violationsOf(level, before.metadata, before.spec)) === textOf(found) && isPod ? [] : found;
      };
      const enforced = policyOf(labels, 'enforce');
      const refused = isPod ? judged(enforced) : [];
      if (refused.length > 0)
        throw forbidden(
          kind.type,
          name,
          `violates PodSecurity ${titleOf(enforced)}: ${textOf(refused)}${helpOf(place)}`,
        );
      const warned = labels[`${prefix}warn`] === undefined ? enforced : policyOf(labels, 'warn');
      const found = judged(warned);
      if (found.length > 0)
        context.warnings.push(`would violate PodSecurity ${titleOf(warned)}: ${textOf(found)}${helpOf(place)}`);
    },
  };
}

const textOf = (violations: readonly Violation[]) =>
  violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
/** Who is refused learns what he can do, where the namespace's owner has written it down. */
const helpOf = (metadata: JsonObject): string => {
  const help = stringAt(objectAt(metadata, 'annotations'), podSecurityHelpAnnotation);
  return help === '' ? '' : `. ${help}`;
};
const titleOf = ({ level, version }: Policy) => JSON.stringify(`${level}:${version}`);

/** A level that does not exist, in a namespace older than these rules, counts as the strictest. */
function policyOf(labels: JsonObject, mode: 'enforce' | 'warn'): Policy {
  const text = labels[`${prefix}${mode}`];
  const level = text === undefined ? 'privileged' : (levels.find((each) => each === text) ?? 'restricted');
  return { level, version: stringAt(labels, `${prefix}${mode}-version`) || 'latest' };
}

/** The pod an object is or makes. */
function podIn(object: JsonObject): { metadata: JsonObject; spec: JsonObject } | undefined {
  switch (object.kind) {
    case 'Pod':
      return { metadata: objectAt(object, 'metadata'), spec: objectAt(object, 'spec') };
    case 'PodTemplate':
      return templateIn(object);
    case 'CronJob':
      return templateIn(objectAt(objectAt(objectAt(object, 'spec'), 'jobTemplate'), 'spec'));
    default:
      return templateIn(objectAt(object, 'spec'));
  }
}

function templateIn(parent: JsonObject) {
  if (parent.template === undefined) return undefined;
  const template = objectAt(parent, 'template');
  return { metadata: objectAt(template, 'metadata'), spec: objectAt(template, 'spec') };
}

function judgeNamespace(
  store: Store,
  kind: KindDefinition,
  name: string,
  object: JsonObject,
  old: JsonObject | undefined,
  warnings: string[],
): void {
  const labels = objectAt(objectAt(object, 'metadata'), 'labels');
  const before = objectAt(objectAt(old, 'metadata'), 'labels');
  const errors: FieldError[] = [];
  for (const mode of ['enforce', 'audit', 'warn']) {
    const level = labels[`${prefix}${mode}`];
    const version = labels[`${prefix}${mode}-version`];
    const refuse = (field: string, value: JsonObject[string], why: string) => {
      if (value === before[field]) return;
      const message = `Invalid value: ${JSON.stringify(value)}: ${why}`;
      errors.push({ field: `metadata.labels[${field}]`, reason: 'FieldValueInvalid', message });
    };
    if (level !== undefined && !levels.some((each) => each === level))
      refuse(`${prefix}${mode}`, level, `must be one of ${levels.join(', ')}`);
    if (version !== undefined && version !== 'latest' && !/^v1\.(0|[1-9]\d*)$/.test(String(version)))
      refuse(`${prefix}${mode}-version`, version, 'must be "latest" or "v1.x"');
  }
  if (errors.length > 0) throw invalid(kind, name, errors);
  const policy = policyOf(labels, 'enforce');
  if (!old || levels.indexOf(policy.level) <= levels.indexOf(policyOf(before, 'enforce').level)) return;
  const found = new Map<string, string[]>();
  for (const { namespace, name: pod, value } of store.list('pods')) {
    if (namespace !== name) continue;
    const metadata = objectAt(asJson(value), 'metadata');
    const spec = objectAt(asJson(value), 'spec');
    const reasons = violationsOf(policy.level, metadata, spec).map((each) => each.reason);
    if (reasons.length > 0) found.set(reasons.join(', '), [...(found.get(reasons.join(', ')) ?? []), pod]);
  }
  if (found.size === 0) return;
  warnings.push(
    `existing pods in namespace ${JSON.stringify(name)} violate the new PodSecurity enforce level ${titleOf(policy)}`,
  );
  for (const [reasons, pods] of found) {
    const [first, ...others] = pods.sort();
    const more = others.length === 0 ? '' : ` (and ${others.length} other ${others.length === 1 ? 'pod' : 'pods'})`;
    warnings.push(`${first}${more}: ${reasons}`);
  }
}
