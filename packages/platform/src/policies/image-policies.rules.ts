import { type Finding, type Severity, severities } from './vulnerability-reports.rules.js';

/** `audit` notes, `warn` says so, `enforce` refuses. */
export const policyModes = ['audit', 'warn', 'enforce'] as const;
export type PolicyMode = (typeof policyModes)[number];
export const environmentKinds = ['production', 'staging', 'development'] as const;
export type EnvironmentKind = (typeof environmentKinds)[number];
export const imageRules = ['registry', 'digest', 'signature', 'vulnerability'] as const;
export type ImageRule = (typeof imageRules)[number];
/** The most severe weakness that passes; `none`: no weakness does. */
export const passingSeverities = ['none', 'negligible', 'low', 'medium', 'high'] as const;

/** What weaknesses an image may have, by the reports that there are of it. */
export interface VulnerabilityRule {
  readonly maxSeverity: (typeof passingSeverities)[number];
  /** So many weaknesses that are more severe than that pass nevertheless. */
  readonly maxCount: number;
  /** What becomes of an image that no report is about. */
  readonly unreported: 'allow' | 'refuse';
  /** Counts only what an update would mend. */
  readonly onlyFixable: boolean;
  /** Tenants report on their own images; where they are not to be believed, only the platform's reports count. */
  readonly onlyPlatformReports: boolean;
}

/** What a scanner said of an image, as it counts here. */
export interface ImageReport {
  /** Null: the platform's, for every tenant. */
  readonly tenantId: string | null;
  readonly digest: string;
  readonly findings: readonly Finding[];
}

export interface SignatureKey {
  readonly name: string;
  /** PEM, SPKI. */
  readonly publicKey: string;
}

export interface Policy {
  readonly id: string;
  /** Null: the platform's, for every tenant. */
  readonly tenantId: string | null;
  readonly name: string;
  readonly mode: PolicyMode;
  /** Empty: all. */
  readonly environmentKinds: readonly EnvironmentKind[];
  /** Patterns of what is allowed; empty: every image. */
  readonly registries: readonly string[];
  readonly requireDigest: boolean;
  readonly signatureKeys: readonly SignatureKey[];
  readonly vulnerabilities: VulnerabilityRule | null;
  readonly exemptions: readonly Exemption[];
}

export interface Exemption {
  readonly tenantId: string | null;
  readonly image: string;
  /** Only this weakness does not count; null: no rule holds. */
  readonly vulnerability: string | null;
  readonly expiresAt: Date;
}

/** Where an image is to run. Without a kind of environment (a release), only what holds for every kind is judged. */
export interface ImagePlace {
  readonly tenantId: string;
  readonly environmentKind?: string;
}

export interface Verdict {
  readonly policyId: string;
  readonly policy: string;
  readonly mode: PolicyMode;
  readonly rule: ImageRule;
  readonly image: string;
  readonly message: string;
  readonly remedy: string;
}

/** Stands for the platform's own registry in a pattern. */
export const ownRegistry = 'slipway';

/** The reference with its registry, as Kubernetes reads it: `busybox` → `docker.io/library/busybox`. */
export function toFullReference(image: string): string {
  const [first = '', ...rest] = image.split('/');
  if (rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')) return image;
  return rest.length > 0 ? `docker.io/${image}` : `docker.io/library/${image}`;
}

/**
 * What a pattern matches, for RE2 and JavaScript alike: the name itself and everything below it, with any tag or digest; `*`
 * stands for one part of the name, or for a piece of one.
 */
export function toExpression(pattern: string, registryHost: string): string {
  const [first = '', ...rest] = pattern.replace(/\/+$/, '').split('/');
  const full = [first === ownRegistry ? registryHost : first, ...rest].join('/');
  const escaped = full.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '[^/:@]*');
  return `^${escaped}(/[^:@]*)?([:@].*)?$`;
}

export function matchesPattern(image: string, pattern: string, registryHost: string): boolean {
  return new RegExp(toExpression(pattern, registryHost)).test(toFullReference(image));
}

export const hasDigest = (image: string): boolean => /@sha256:[0-9a-f]{64}$/.test(image);

/** Whether the policy is about this place. */
export function isAbout(policy: Policy, place: ImagePlace): boolean {
  if (policy.tenantId !== null && policy.tenantId !== place.tenantId) return false;
  if (policy.environmentKinds.length === 0) return true;
  return policy.environmentKinds.some((kind) => kind === place.environmentKind);
}

export function isExempt(policy: Policy, image: string, place: ImagePlace, now: Date, registryHost: string): boolean {
  return policy.exemptions.some(
    (exemption) =>
      exemption.vulnerability === null &&
      isInForce(exemption, place.tenantId, now) &&
      matchesPattern(image, exemption.image, registryHost),
  );
}

const isInForce = ({ expiresAt, tenantId }: Exemption, tenant: string | null, now: Date): boolean =>
  expiresAt > now && (tenantId === null || tenantId === tenant);

/** The weaknesses of the report that the policy minds in this tenant; `matches` says which images' exemptions count. */
export function listOffences(
  { vulnerabilities, exemptions }: Pick<Policy, 'vulnerabilities' | 'exemptions'>,
  findings: readonly Finding[],
  tenantId: string | null,
  now: Date,
  matches: (pattern: string) => boolean,
): Finding[] {
  if (!vulnerabilities) return [];
  const { maxSeverity, onlyFixable } = vulnerabilities;
  const excused = new Set(
    exemptions
      .filter((one) => one.vulnerability !== null && isInForce(one, tenantId, now) && matches(one.image))
      .map(({ vulnerability }) => vulnerability),
  );
  const isTooSevere = (severity: Severity) =>
    maxSeverity === 'none' || severities.indexOf(severity) < severities.indexOf(maxSeverity);
  return findings.filter(
    ({ id, severity, fixedIn }) => isTooSevere(severity) && !excused.has(id) && !(onlyFixable && fixedIn === ''),
  );
}

/** Whether a signature of one of the keys is there; `unknown` where the registry cannot be asked, which is refused. */
export type SignatureState = 'signed' | 'unsigned' | 'unknown';

/** What must be looked up to judge an image: each is asked only where a policy wants it. */
export interface ImageFacts {
  signature(keys: readonly SignatureKey[]): Promise<SignatureState>;
  /** Those that count in the place: the tenant's own, and the platform's. */
  reports(): Promise<readonly ImageReport[]>;
}

/** Where and when an image is judged. */
export interface Circumstances {
  readonly place: ImagePlace;
  readonly now: Date;
  readonly registryHost: string;
}

/** The rules of the policy that the image breaks there. */
export async function judge(
  policy: Policy,
  image: string,
  where: Circumstances,
  facts: ImageFacts,
): Promise<Verdict[]> {
  const { registryHost } = where;
  const verdicts: Verdict[] = [];
  const about = { policyId: policy.id, policy: policy.name, mode: policy.mode, image };
  const { registries, signatureKeys, vulnerabilities } = policy;
  if (registries.length > 0 && !registries.some((pattern) => matchesPattern(image, pattern, registryHost))) {
    const remedy = `Use an image of ${registries.join(', ')}, or ask for an exemption.`;
    verdicts.push({ ...about, rule: 'registry', message: `${image} is of no registry that is allowed.`, remedy });
  }
  if (policy.requireDigest && !hasDigest(image)) {
    const remedy = 'Name the image by its digest: name@sha256:…';
    verdicts.push({ ...about, rule: 'digest', message: `${image} is not named by its digest.`, remedy });
  }
  if (signatureKeys.length > 0) {
    const state = await facts.signature(signatureKeys);
    const names = signatureKeys.map(({ name }) => name).join(', ');
    const remedy = `Sign it with one of the keys ${names}: cosign sign --key … --tlog-upload=false ${image}`;
    const why = state === 'unknown' ? 'cannot be shown to be signed' : 'has no valid signature';
    if (state !== 'signed') verdicts.push({ ...about, rule: 'signature', message: `${image} ${why}.`, remedy });
  }
  if (vulnerabilities) {
    const said = judgeVulnerabilities(policy, vulnerabilities, image, where, await facts.reports());
    if (said) verdicts.push({ ...about, rule: 'vulnerability', ...said });
  }
  return verdicts;
}

const mostNamed = 5;

function judgeVulnerabilities(
  policy: Policy,
  rule: VulnerabilityRule,
  image: string,
  { place, now, registryHost }: Circumstances,
  all: readonly ImageReport[],
): { message: string; remedy: string } | undefined {
  const reports = rule.onlyPlatformReports ? all.filter(({ tenantId }) => tenantId === null) : all;
  if (reports.length === 0) {
    if (rule.unreported === 'allow') return undefined;
    return {
      message: `No report says what weaknesses ${image} has.`,
      remedy: rule.onlyPlatformReports
        ? 'Ask the platform team to scan it.'
        : `Scan it, and hand the report in: trivy image --format json -o report.json ${image}; slipway images report ${image} --file report.json`,
    };
  }
  const matches = (pattern: string) => matchesPattern(image, pattern, registryHost);
  // Each report is judged by itself: who reports nothing does not outweigh who found something.
  const offences = reports
    .map(({ findings }) => listOffences(policy, findings, place.tenantId, now, matches))
    .reduce((worst, next) => (next.length > worst.length ? next : worst), []);
  if (offences.length <= rule.maxCount) return undefined;
  const named = offences.slice(0, mostNamed).map(({ id, severity, package: name }) => `${id} (${severity}, ${name})`);
  const more = offences.length > mostNamed ? ` and ${offences.length - mostNamed} more` : '';
  const allowed = rule.maxCount > 0 ? `, and ${rule.maxCount} may be` : '';
  const bound = rule.maxSeverity === 'none' ? '' : ` above ${rule.maxSeverity}`;
  return {
    message: `${image} has ${offences.length} ${rule.onlyFixable ? 'fixable ' : ''}weaknesses${bound}${allowed}: ${named.join(', ')}${more}.`,
    remedy:
      'Build it anew on mended packages and report on it again, or ask for an exemption of what does no harm here.',
  };
}
