import { z } from 'zod';
import {
  lineSchema,
  noQuerySchema,
  objectFields,
  pageOf,
  pageQuerySchema,
  timeSchema,
} from '../kernel/http/schemas.js';
import { changePlan, dryRunField, rolloutPlanSchema } from '../rollouts/rollout-plans.service.js';
import { factsSchema } from './certificates.rules.js';
import { proofs } from './verification.rules.js';

export const createDomainSchema = z
  .strictObject({ hostname: z.string().trim().toLowerCase().min(3).max(253) })
  .meta({ id: 'CreateDomain', example: { hostname: 'shop.example.com' } });
export type CreateDomain = z.output<typeof createDomainSchema>;

export const verifyDomainSchema = z
  .strictObject({
    confirm: z
      .strictObject({ reason: lineSchema.min(3).max(500) })
      .optional()
      .meta({
        description: 'An administrator of the platform confirms the name without a proof in the DNS, and says why.',
      }),
  })
  .meta({ id: 'VerifyDomain', example: {} });
export type VerifyDomain = z.output<typeof verifyDomainSchema>;

const httpsSchema = z.enum(['also', 'only']);
export const changeDomainSchema = z
  .strictObject({
    https: httpsSchema.meta({
      description: '`only`: who asks without TLS is sent there, by 301; needs a certificate.',
    }),
  })
  .meta({ id: 'ChangeDomain', example: { https: 'only' } });
export type ChangeDomain = z.output<typeof changeDomainSchema>;

const pem = z.string().min(1).max(65_536);
const uploadSchema = z.strictObject({
  certificate: pem.meta({ description: 'The chain in PEM: the own certificate first, then each one’s issuer.' }),
  privateKey: pem.meta({ description: 'Its key in PEM, without a passphrase. It is sealed, and never answered.' }),
});
const namedSchema = z.strictObject({
  secret: z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'A name of a Secret: a-z, 0-9, dots and dashes.')
    .meta({ description: 'A Secret of type `kubernetes.io/tls` in the namespace of the environment.' }),
});
export const setCertificateSchema = z
  .union([uploadSchema, namedSchema])
  .meta({ id: 'SetCertificate', example: { secret: 'shop-tls' } });
export type SetCertificate = z.output<typeof setCertificateSchema>;

const certificateSchema = factsSchema
  .partial()
  .extend({
    secret: z.string().meta({ description: 'The Secret in the namespace of the environment.' }),
    uploaded: z.boolean().meta({ description: 'The platform makes the Secret, of what was uploaded.' }),
    state: z.enum(['valid', 'expiring', 'expired', 'missing', 'invalid']),
    message: z.string().nullable(),
  })
  .meta({ id: 'DomainCertificate' });

export const domainSchema = z
  .object({
    ...objectFields,
    hostname: z.string(),
    isDefault: z.boolean(),
    url: z.string(),
    state: z.enum(['pending', 'verified']).meta({ description: '`pending`: nothing is routed until it is proven.' }),
    challenge: z
      .object({ type: z.literal('TXT'), name: z.string(), value: z.string() })
      .nullable()
      .meta({ description: 'What to publish in the DNS; null where nothing needs to be.' }),
    proof: z
      .enum(proofs)
      .nullable()
      .meta({
        description:
          '`dns`: the record was found; `parent`: the tenant has proven what it lies under; `unownable`: a name for ' +
          'examples and tests; `off`: the platform asks for no proofs.',
      }),
    verifiedAt: timeSchema.nullable(),
    lastCheckedAt: timeSchema.nullable(),
    nextCheckAt: timeSchema.nullable().meta({ description: 'When the platform looks again; null: when it is asked.' }),
    message: z.string().nullable().meta({ description: 'What was found at the last look.' }),
    https: httpsSchema.meta({
      description: '`only`: requests without TLS are answered by 301 to the same address with it.',
    }),
    certificate: certificateSchema.nullable(),
    plan: rolloutPlanSchema.nullable().meta({ description: changePlan }),
  })
  .meta({ id: 'Domain' });
export type DomainAnswer = z.output<typeof domainSchema>;
export const domainPageSchema = pageOf(domainSchema).meta({ id: 'DomainPage' });
export const domainQuerySchema = pageQuerySchema;

export const changeDomainQuerySchema = noQuerySchema.extend({ dryRun: dryRunField });
export type ChangeDomainQuery = z.output<typeof changeDomainQuerySchema>;
