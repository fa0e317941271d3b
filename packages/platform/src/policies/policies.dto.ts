import { z } from 'zod';
import { nameSchema, objectFields, pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';
import { environmentKinds, imageRules, passingSeverities, policyModes } from './image-policies.rules.js';
import { isPublicKey } from './signatures.rules.js';

const pattern = z
  .string()
  .max(300)
  .regex(
    /^[a-z0-9*][a-z0-9._*:/-]*$/,
    'Write a registry, or a registry and a path: ghcr.io/acme, slipway, slipway/acme/*.',
  )
  .refine((text) => text.split('*').length <= 5, 'Use at most four asterisks.')
  .meta({
    description: 'A registry or a part of one; `slipway` is the platform’s own; `*` stands for one part of the path.',
    example: 'ghcr.io/acme',
  });
const keySchema = z.strictObject({
  name: nameSchema,
  publicKey: z
    .string()
    .max(4000)
    .refine(isPublicKey, 'Give a public key in PEM (ECDSA, RSA or Ed25519), as `cosign generate-key-pair` writes it.'),
});
export const vulnerabilityRule = z
  .strictObject({
    maxSeverity: z
      .enum(passingSeverities)
      .default('high')
      .meta({ description: 'The most severe weakness that passes; `none`: no weakness does.' }),
    maxCount: z
      .int()
      .min(0)
      .max(10_000)
      .default(0)
      .meta({ description: 'So many weaknesses that are more severe than that pass nevertheless.' }),
    unreported: z
      .enum(['allow', 'refuse'])
      .default('allow')
      .meta({ description: 'What becomes of an image that no report is about.' }),
    onlyFixable: z.boolean().default(false).meta({ description: 'Counts only what a newer version mends.' }),
    onlyPlatformReports: z
      .boolean()
      .default(false)
      .meta({ description: 'Reports of tenants on their own images do not count.' }),
  })
  .meta({ id: 'VulnerabilityRule', description: 'What weaknesses an image may have, by the reports on its digest.' });
const fields = {
  description: z.string().max(500).optional(),
  mode: z.enum(policyModes).optional().meta({ description: '`audit` notes, `warn` says so, `enforce` refuses.' }),
  environmentKinds: z.array(z.enum(environmentKinds)).max(3).optional().meta({ description: 'None: every kind.' }),
  registries: z.array(pattern).max(50).optional().meta({ description: 'What is allowed; none: every image.' }),
  requireDigest: z.boolean().optional(),
  signatureKeys: z
    .array(keySchema)
    .max(20)
    .optional()
    .meta({ description: 'A cosign signature by one of these is asked for; none: no signature.' }),
  vulnerabilities: vulnerabilityRule
    .nullable()
    .optional()
    .meta({ description: 'Null: weaknesses are not asked about.' }),
};

export const createImagePolicyBody = z.strictObject({ name: nameSchema, ...fields });
export type CreateImagePolicy = z.output<typeof createImagePolicyBody>;
export const updateImagePolicyBody = z.strictObject(fields);
export type UpdateImagePolicy = z.output<typeof updateImagePolicyBody>;

const vulnerabilityId = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9][A-Za-z0-9:._-]*$/, 'Write the id of the weakness as reports name it: CVE-2026-1234.');
export const createExemptionBody = z.strictObject({
  image: pattern.default('*').meta({ description: 'The images; a pattern as in `registries`.' }),
  vulnerability: vulnerabilityId
    .optional()
    .meta({ description: 'Only this weakness does not count; without it no rule of the policy holds.' }),
  tenant: nameSchema.optional().meta({ description: 'Of a policy of the platform: for this tenant only.' }),
  reason: z.string().trim().min(3).max(500),
  expiresInDays: z.int().min(1).max(365).default(30),
});
export type CreateExemption = z.output<typeof createExemptionBody>;

const exemptionAnswer = z
  .object({
    id: z.string(),
    image: z.string(),
    vulnerability: z.string().nullable(),
    tenant: z.string().nullable(),
    reason: z.string(),
    expiresAt: timeSchema,
    createdBy: z.string(),
    createdAt: timeSchema,
  })
  .meta({ id: 'ImageExemption' });

export const imagePolicyAnswer = z
  .object({
    ...objectFields,
    tenant: z.string().nullable().meta({ description: 'Null: of the platform, for every tenant.' }),
    description: z.string(),
    mode: z.enum(policyModes),
    environmentKinds: z.array(z.enum(environmentKinds)),
    registries: z.array(z.string()),
    requireDigest: z.boolean(),
    signatureKeys: z.array(z.object({ name: z.string(), publicKey: z.string() })),
    vulnerabilities: vulnerabilityRule.nullable(),
    exemptions: z.array(exemptionAnswer),
    createdBy: z.string(),
  })
  .meta({ id: 'ImagePolicy' });
export type ImagePolicyAnswer = z.output<typeof imagePolicyAnswer>;
export const imagePolicyPage = pageOf(imagePolicyAnswer).meta({ id: 'ImagePolicyPage' });

export const verdictQuery = pageQuerySchema.extend({
  outcome: z.enum(['refused', 'warned', 'noted']).optional(),
});
export type VerdictQuery = z.output<typeof verdictQuery>;

const verdictFields = {
  policy: z.string(),
  image: z.string(),
  rule: z.enum(imageRules),
  message: z.string(),
};
export const verdictAnswer = z
  .object({
    id: z.string(),
    ...verdictFields,
    outcome: z.enum(['refused', 'warned', 'noted']),
    resource: z.string(),
    environment: z.string().nullable(),
    actor: z.string(),
    at: timeSchema,
  })
  .meta({ id: 'ImageVerdict' });
export const verdictPage = pageOf(verdictAnswer).meta({ id: 'ImageVerdictPage' });

export const checkImageBody = z.strictObject({
  image: z.string().min(1).max(500),
  environmentKind: z.enum(environmentKinds).optional(),
});
export type CheckImage = z.output<typeof checkImageBody>;
export const checkAnswer = z
  .object({
    isAllowed: z.boolean(),
    verdicts: z.array(z.object({ ...verdictFields, mode: z.enum(policyModes), remedy: z.string() })),
  })
  .meta({ id: 'ImageCheck' });

export const dryRunBody = z.strictObject({
  ...fields,
  policy: nameSchema.optional().meta({ description: 'A policy that is there: its exemptions count.' }),
});
export type DryRun = z.output<typeof dryRunBody>;
export const dryRunAnswer = z
  .object({
    images: z
      .int()
      .meta({ description: 'How many images that run were judged; in how many places: `items` and `passed`.' }),
    passed: z.int().meta({ description: 'Places whose image the policy lets pass.' }),
    items: z
      .array(
        z.object({
          tenant: z.string(),
          project: z.string(),
          application: z.string(),
          environment: z.string(),
          release: z.int(),
          image: z.string(),
          reasons: z.array(z.object({ rule: z.enum(imageRules), message: z.string(), remedy: z.string() })),
        }),
      )
      .meta({ description: 'Places whose image the policy would refuse.' }),
  })
  .meta({ id: 'ImagePolicyDryRun' });
export type DryRunAnswer = z.output<typeof dryRunAnswer>;
