import * as z from 'zod/mini';
import { nameSchema } from '@/lib/names';
import type { ImagePolicy, Rules, VulnerabilityRule } from './queries';

export const modes = ['audit', 'warn', 'enforce'] as const;
export const bounds = ['off', 'none', 'negligible', 'low', 'medium', 'high'] as const;
export const kinds = ['production', 'staging', 'development'] as const;

export const schema = z.object({
  name: nameSchema,
  description: z.string(),
  mode: z.enum(modes),
  kind: z.string(),
  registries: z.string(),
  requireDigest: z.boolean(),
  keyName: z.string(),
  publicKey: z.string(),
  maxSeverity: z.enum(bounds),
  maxCount: z.string(),
  refuseUnreported: z.boolean(),
  onlyFixable: z.boolean(),
  onlyPlatformReports: z.boolean(),
});
export type Values = z.output<typeof schema>;

const nothing: Values = {
  name: '',
  description: '',
  mode: 'warn',
  kind: '',
  registries: '',
  requireDigest: false,
  keyName: '',
  publicKey: '',
  maxSeverity: 'off',
  maxCount: '0',
  refuseUnreported: false,
  onlyFixable: false,
  onlyPlatformReports: false,
};

/** Where most begin. */
export const presets = {
  own: { registries: 'slipway', requireDigest: true },
  mended: { maxSeverity: 'high', onlyFixable: true },
  strict: {
    kind: 'production',
    registries: 'slipway',
    requireDigest: true,
    maxSeverity: 'medium',
    refuseUnreported: true,
  },
} as const satisfies Record<string, Partial<Values>>;

export const toValues = (policy: ImagePolicy | undefined): Values => {
  if (!policy) return nothing;
  const { vulnerabilities: rule, signatureKeys } = policy;
  return {
    name: policy.name,
    description: policy.description,
    mode: policy.mode,
    kind: policy.environmentKinds.join(' '),
    registries: policy.registries.join('\n'),
    requireDigest: policy.requireDigest,
    keyName: signatureKeys[0]?.name ?? '',
    publicKey: signatureKeys[0]?.publicKey ?? '',
    maxSeverity: rule?.maxSeverity ?? 'off',
    maxCount: String(rule?.maxCount ?? 0),
    refuseUnreported: rule?.unreported === 'refuse',
    onlyFixable: rule?.onlyFixable ?? false,
    onlyPlatformReports: rule?.onlyPlatformReports ?? false,
  };
};

/** More keys than the one that the form shows stay as they are. */
export function toRules(values: Values, before: ImagePolicy | undefined): Rules {
  const { description, mode, kind, registries, requireDigest, keyName, publicKey } = values;
  const first = publicKey.trim() ? [{ name: keyName.trim() || 'ci', publicKey: `${publicKey.trim()}\n` }] : [];
  return {
    description,
    mode,
    environmentKinds: kinds.filter((one) => kind.split(' ').includes(one)),
    registries: registries.split(/[\s,]+/).filter(Boolean),
    requireDigest,
    signatureKeys: [...first, ...(before?.signatureKeys.slice(1) ?? [])],
    vulnerabilities: toRule(values),
  };
}

function toRule(values: Values): VulnerabilityRule | null {
  const { maxSeverity, maxCount, refuseUnreported, onlyFixable, onlyPlatformReports } = values;
  if (maxSeverity === 'off') return null;
  const count = Number.parseInt(maxCount, 10);
  return {
    maxSeverity,
    maxCount: Number.isFinite(count) ? Math.max(0, count) : 0,
    unreported: refuseUnreported ? 'refuse' : 'allow',
    onlyFixable,
    onlyPlatformReports,
  };
}
