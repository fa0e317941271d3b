import type { Prisma } from '../kernel/database/index.js';
import { environmentKinds, type Policy, policyModes, type SignatureKey } from './image-policies.rules.js';
import { type ImagePolicyAnswer, vulnerabilityRule } from './policies.dto.js';

export const withExemptions = {
  tenant: { select: { name: true } },
  exemptions: { orderBy: { createdAt: 'asc' }, include: { tenant: { select: { name: true } } } },
} satisfies Prisma.ImagePolicyInclude;
export type PolicyRow = Prisma.ImagePolicyGetPayload<{ include: typeof withExemptions }>;

export function toPolicy(row: PolicyRow): Policy {
  return {
    id: row.id,
    tenantId: row.tenantId,
    name: row.name,
    // What was written by another version and is not known is refused rather than let pass.
    mode: policyModes.find((mode) => mode === row.mode) ?? 'enforce',
    environmentKinds: environmentKinds.filter((kind) => row.environmentKinds.includes(kind)),
    registries: row.registries,
    requireDigest: row.requireDigest,
    signatureKeys: readKeys(row.signatureKeys),
    vulnerabilities: row.vulnerabilities === null ? null : vulnerabilityRule.parse(row.vulnerabilities),
    exemptions: row.exemptions,
  };
}

export function toPolicyAnswer(row: PolicyRow): ImagePolicyAnswer {
  const policy = toPolicy(row);
  return {
    id: row.id,
    name: row.name,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    version: row.version,
    tenant: row.tenant?.name ?? null,
    description: row.description,
    mode: policy.mode,
    environmentKinds: [...policy.environmentKinds],
    registries: row.registries,
    requireDigest: row.requireDigest,
    signatureKeys: [...policy.signatureKeys],
    vulnerabilities: policy.vulnerabilities,
    exemptions: row.exemptions.map(({ id, image, vulnerability, tenant, reason, expiresAt, createdBy, createdAt }) => ({
      id,
      image,
      vulnerability,
      tenant: tenant?.name ?? null,
      reason,
      expiresAt: expiresAt.toISOString(),
      createdBy,
      createdAt: createdAt.toISOString(),
    })),
    createdBy: row.createdBy,
  };
}

/** The column of JSON holds what `PolicySettings` wrote. */
function readKeys(value: unknown): SignatureKey[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    const key = Object(entry);
    return typeof key.name === 'string' && typeof key.publicKey === 'string'
      ? [{ name: key.name, publicKey: key.publicKey }]
      : [];
  });
}
