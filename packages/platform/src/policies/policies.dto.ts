import { z } from 'zod';
import { nameSchema, objectFields, pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';
import { environmentKinds, policyModes } from './image-policies.rules.js';
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
};

export const createImagePolicyBody = z.strictObject({ name: nameSchema, ...fields });
export type CreateImagePolicy = z.output<typeof createImagePolicyBody>;
export const updateImagePolicyBody = z.strictObject(fields);
export type UpdateImagePolicy = z.output<typeof updateImagePolicyBody>;

export const createExemptionBody = z.strictObject({
  image: pattern,
  tenant: nameSchema.optional().meta({ description: 'Of a policy of the platform: for this tenant only.' }),
  reason: z.string().trim().min(3).max(500),
  expiresInDays: z.int().min(1).max(365).default(30),
});
export type CreateExemption = z.output<typeof createExemptionBody>;

const exemptionAnswer = z
  .object({
    id: z.string(),
    image: z.string(),
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
  rule: z.enum(['registry', 'digest', 'signature']),
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
