import { z } from 'zod';
import { timeSchema } from '../kernel/http/schemas.js';

export const codeBody = z.strictObject({
  code: z.string().min(6).max(20).meta({ description: 'A code of the authenticator app, or a recovery code.' }),
});
export type Code = z.output<typeof codeBody>;

export const secondFactorAnswer = z
  .object({
    isEnabled: z.boolean(),
    isRequired: z.boolean().meta({ description: 'A role of yours needs it.' }),
    confirmedAt: timeSchema.nullable(),
    recoveryCodesLeft: z.int(),
  })
  .meta({ id: 'SecondFactor' });
export type SecondFactorAnswer = z.output<typeof secondFactorAnswer>;

export const enrolmentAnswer = z
  .object({
    secret: z.string().meta({ description: 'Base32, to be typed into an authenticator app.' }),
    uri: z.string(),
    svg: z.string().meta({ description: 'The same as a QR code.' }),
  })
  .meta({ id: 'SecondFactorEnrolment' });

export const recoveryCodesAnswer = z
  .object({ recoveryCodes: z.array(z.string()).meta({ description: 'Each works once; shown this once only.' }) })
  .meta({ id: 'RecoveryCodes' });
