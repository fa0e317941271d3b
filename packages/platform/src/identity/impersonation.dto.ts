import { z } from 'zod';
import { timeSchema } from '../kernel/http/schemas.js';

export const impersonateBody = z.strictObject({
  reason: z.string().trim().min(3).max(500).meta({ description: 'Why; it stands in the audit log.' }),
  expiresInMinutes: z.int().min(1).max(60).default(15),
});
export type Impersonate = z.output<typeof impersonateBody>;

const party = z.object({ id: z.string(), username: z.string() });
export const impersonationAnswer = z
  .object({
    token: z.string().meta({ description: 'A bearer for the API and the Kubernetes API; shown this once only.' }),
    expiresAt: timeSchema,
    subject: party.meta({ description: 'In whose name.' }),
    act: party.meta({ description: 'Who acts (RFC 8693).' }),
  })
  .meta({ id: 'Impersonation' });
export type ImpersonationAnswer = z.output<typeof impersonationAnswer>;
