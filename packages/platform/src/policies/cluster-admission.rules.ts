import { managedBy } from '../kernel/kubernetes/labels.js';
import { type ImageReport, listOffences, type Policy, toExpression } from './image-policies.rules.js';

const apiVersion = 'admissionregistration.k8s.io/v1';
const prefix = 'slipway-image-';
/** What stands in a cluster for the policies, so that those that are gone can be found. */
export const admissionLabels = {
  ...managedBy,
  'app.kubernetes.io/part-of': 'slipway-policies',
} as const;

export interface AdmissionObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: object;
}

const named = (policy: Policy) => ({ name: `${prefix}${policy.id}`, labels: { ...admissionLabels } });

/** The containers of a pod, or of the template that a workload makes pods of. */
const podSpec = (object: string): string =>
  `(${object}.kind == 'Pod' ? ${object}.spec : ${object}.kind == 'CronJob' ? ${object}.spec.jobTemplate.spec.template.spec : ${object}.spec.template.spec)`;
const imagesOf = (spec: string): string =>
  ['containers', 'initContainers', 'ephemeralContainers']
    .map((list) => `(has(${spec}.${list}) ? ${spec}.${list}.map(c, c.image) : [])`)
    .join(' + ');
/** As `toFullReference`. */
const full = `i.contains('/') && i.split('/')[0].matches('[.:]|^localhost$') ? i : i.contains('/') ? 'docker.io/' + i : 'docker.io/library/' + i`;

/**
 * What the policy is in a cluster: registries, digests, and the digests whose reports break it, judged by the API server itself.
 * Signatures are not its to read: a policy of those alone gives nothing. An image that an object had before is let be, so that it
 * can be scaled and deleted.
 */
export function toAdmission(
  policy: Policy,
  registryHost: string,
  now: Date,
  reports: readonly ImageReport[],
): { readonly policy: AdmissionObject; readonly binding: AdmissionObject } | undefined {
  const rules = [
    ...(policy.registries.length > 0
      ? [
          {
            expression: `variables.images.all(i, ${matchesAny(policy.registries, registryHost)} || ${exempt(policy, registryHost, now)})`,
            message: `The image policy "${policy.name}" allows images of ${policy.registries.join(', ')} only.`,
          },
        ]
      : []),
    ...(policy.requireDigest
      ? [
          {
            expression: `variables.images.all(i, i.matches('@sha256:[0-9a-f]{64}$') || ${exempt(policy, registryHost, now)})`,
            message: `The image policy "${policy.name}" wants images named by their digests (name@sha256:…).`,
          },
        ]
      : []),
    ...toVulnerabilityRules(policy, registryHost, now, reports),
  ];
  if (rules.length === 0) return undefined;
  const metadata = named(policy);
  return {
    policy: {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            ruleOf('', ['pods', 'pods/ephemeralcontainers', 'replicationcontrollers']),
            ruleOf('apps', ['deployments', 'replicasets', 'statefulsets', 'daemonsets']),
            ruleOf('batch', ['jobs', 'cronjobs']),
          ],
        },
        variables: [
          { name: 'now', expression: imagesOf(podSpec('object')) },
          { name: 'before', expression: `oldObject == null ? [] : ${imagesOf(podSpec('oldObject'))}` },
          { name: 'images', expression: `variables.now.filter(i, !(i in variables.before)).map(i, ${full})` },
        ],
        validations: rules.map((rule) => ({ ...rule, reason: 'Forbidden' })),
      },
    },
    binding: {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: {
        policyName: metadata.name,
        validationActions: actionsOf(policy),
        matchResources: { namespaceSelector: selectorOf(policy) },
      },
    },
  };
}

/** The labels that a policy chooses namespaces by; part 60 puts them on. */
export const placeLabels = {
  tenantId: 'slipway.dev/tenant-id',
  environment: 'slipway.dev/environment',
  environmentKind: 'slipway.dev/environment-kind',
} as const;

function selectorOf({ tenantId, environmentKinds }: Policy): object {
  return {
    matchExpressions: [
      { key: placeLabels.environment, operator: 'Exists' },
      ...(tenantId === null ? [] : [{ key: placeLabels.tenantId, operator: 'In', values: [tenantId] }]),
      ...(environmentKinds.length === 0
        ? []
        : [{ key: placeLabels.environmentKind, operator: 'In', values: [...environmentKinds] }]),
    ],
  };
}

function actionsOf({ mode }: Policy): string[] {
  if (mode === 'enforce') return ['Deny'];
  return mode === 'warn' ? ['Warn', 'Audit'] : ['Audit'];
}

const ruleOf = (group: string, resources: readonly string[]) => ({
  apiGroups: [group],
  apiVersions: ['*'],
  operations: ['CREATE', 'UPDATE'],
  resources,
});

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function matchesAny(patterns: readonly string[], registryHost: string): string {
  return patterns.length === 0
    ? 'false'
    : `(${patterns.map((pattern) => `i.matches(${quote(toExpression(pattern, registryHost))})`).join(' || ')})`;
}

/** Exemptions of one tenant are told by its namespaces' label. Who writes this renews it when one runs out. */
function exempt({ exemptions }: Policy, registryHost: string, now: Date): string {
  const inForce = exemptions.filter(({ expiresAt, vulnerability }) => vulnerability === null && expiresAt > now);
  if (inForce.length === 0) return 'false';
  const terms = inForce.map(({ image, tenantId }) => {
    const match = matchesAny([image], registryHost);
    const key = quote(placeLabels.tenantId);
    return tenantId === null
      ? match
      : `(${match} && has(namespaceObject.metadata.labels) && ${key} in namespaceObject.metadata.labels && namespaceObject.metadata.labels[${key}] == ${quote(tenantId)})`;
  });
  return `(${terms.join(' || ')})`;
}

const digestOfImage = "i.split('@')[size(i.split('@')) - 1]";

/** A report that counts for one tenant, or for all but some, who are judged by themselves. */
interface Reach {
  readonly only: string | null;
  readonly except: readonly string[];
}

function toVulnerabilityRules(policy: Policy, registryHost: string, now: Date, all: readonly ImageReport[]) {
  const { vulnerabilities: rule, exemptions, name, tenantId: owner } = policy;
  if (!rule) return [];
  const counting = all.filter(
    ({ tenantId }) => tenantId === null || (!rule.onlyPlatformReports && (owner === null || owner === tenantId)),
  );
  const known = new Map<string, { reach: Reach; digests: string[] }>();
  const broken = new Map<string, { reach: Reach; digests: string[] }>();
  const add = (to: typeof known, reach: Reach, digest: string) => {
    const key = JSON.stringify(reach);
    const group = to.get(key) ?? { reach, digests: [] };
    group.digests.push(digest);
    to.set(key, group);
  };
  // The names of images are the pods' to choose: an exemption of a weakness counts for the digest, under any name.
  const isBroken = ({ findings }: ImageReport, tenantId: string | null) =>
    listOffences(policy, findings, tenantId, now, () => true).length > rule.maxCount;
  const exempted = exemptions.filter(({ vulnerability }) => vulnerability !== null).map(({ tenantId }) => tenantId);
  const apart = [...new Set(exempted)].filter((tenantId) => tenantId !== null).sort();
  for (const report of counting) {
    const { tenantId, digest } = report;
    add(known, { only: tenantId, except: [] }, digest);
    if (tenantId !== null) {
      if (isBroken(report, tenantId)) add(broken, { only: tenantId, except: [] }, digest);
      continue;
    }
    if (isBroken(report, null)) add(broken, { only: null, except: apart }, digest);
    for (const one of apart) if (isBroken(report, one)) add(broken, { only: one, except: [] }, digest);
  }
  const passes = exempt(policy, registryHost, now);
  const anyOf = (groups: typeof known) => [...groups.values()].map(isAmong).join(' || ') || 'false';
  return [
    {
      expression: `variables.images.all(i, !(${anyOf(broken)}) || ${passes})`,
      message: `The image policy "${name}" refuses images with weaknesses ${rule.maxSeverity === 'none' ? '' : `above ${rule.maxSeverity}`}: a report says that this one has them.`,
    },
    ...(rule.unreported === 'refuse'
      ? [
          {
            expression: `variables.images.all(i, (${anyOf(known)}) || ${passes})`,
            message: `The image policy "${name}" wants a report on the weaknesses of an image, by its digest (name@sha256:…).`,
          },
        ]
      : []),
  ];
}

const tenantLabel = quote(placeLabels.tenantId);
const tenantOfNamespace = `(has(namespaceObject.metadata.labels) && ${tenantLabel} in namespaceObject.metadata.labels ? namespaceObject.metadata.labels[${tenantLabel}] : '')`;
const listOf = (texts: readonly string[]) => `[${texts.map(quote).join(', ')}]`;

function isAmong({ reach: { only, except }, digests }: { reach: Reach; digests: readonly string[] }): string {
  const terms = [
    `${digestOfImage} in ${listOf(digests)}`,
    ...(only === null ? [] : [`${tenantOfNamespace} == ${quote(only)}`]),
    ...(except.length === 0 ? [] : [`!(${tenantOfNamespace} in ${listOf(except)})`]),
  ];
  return `(${terms.join(' && ')})`;
}
