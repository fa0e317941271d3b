/** `audit` notes, `warn` says so, `enforce` refuses. */
export const policyModes = ['audit', 'warn', 'enforce'] as const;
export type PolicyMode = (typeof policyModes)[number];
export const environmentKinds = ['production', 'staging', 'development'] as const;
export type EnvironmentKind = (typeof environmentKinds)[number];
export type ImageRule = 'registry' | 'digest' | 'signature';

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
  readonly exemptions: readonly Exemption[];
}

export interface Exemption {
  readonly tenantId: string | null;
  readonly image: string;
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
      exemption.expiresAt > now &&
      (exemption.tenantId === null || exemption.tenantId === place.tenantId) &&
      matchesPattern(image, exemption.image, registryHost),
  );
}

/** Whether a signature of one of the keys is there; `unknown` where the registry cannot be asked, which is refused. */
export type SignatureState = 'signed' | 'unsigned' | 'unknown';

/** The rules of the policy that the image breaks; `signature` is asked only where the policy wants one. */
export async function judge(
  policy: Policy,
  image: string,
  registryHost: string,
  signature: (keys: readonly SignatureKey[]) => Promise<SignatureState>,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const about = { policyId: policy.id, policy: policy.name, mode: policy.mode, image };
  const { registries, signatureKeys } = policy;
  if (registries.length > 0 && !registries.some((pattern) => matchesPattern(image, pattern, registryHost))) {
    const remedy = `Use an image of ${registries.join(', ')}, or ask for an exemption.`;
    verdicts.push({ ...about, rule: 'registry', message: `${image} is of no registry that is allowed.`, remedy });
  }
  if (policy.requireDigest && !hasDigest(image)) {
    const remedy = 'Name the image by its digest: name@sha256:…';
    verdicts.push({ ...about, rule: 'digest', message: `${image} is not named by its digest.`, remedy });
  }
  if (signatureKeys.length > 0) {
    const state = await signature(signatureKeys);
    const names = signatureKeys.map(({ name }) => name).join(', ');
    const remedy = `Sign it with one of the keys ${names}: cosign sign --key … --tlog-upload=false ${image}`;
    const why = state === 'unknown' ? 'cannot be shown to be signed' : 'has no valid signature';
    if (state !== 'signed') verdicts.push({ ...about, rule: 'signature', message: `${image} ${why}.`, remedy });
  }
  return verdicts;
}
