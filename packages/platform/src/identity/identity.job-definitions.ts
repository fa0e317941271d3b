import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

const payload = z.object({
  /** The issuer's own id of the user. */
  subject: z.string(),
  /** The one session to end; all of the user's where there is none. */
  sid: z.string().optional(),
  /** Not this one. */
  exceptSid: z.string().optional(),
  /** Milliseconds since the epoch: sessions that began later are another sign-in's. */
  before: z.number(),
});
export type EndIssuerSessionsPayload = z.output<typeof payload>;

/** Ends sessions at an outside issuer, so that a browser cannot come back by them without a password. */
export const endIssuerSessions = defineJob<EndIssuerSessionsPayload>({
  queue: 'identity',
  name: 'identity.end-issuer-sessions',
  payload,
  // With back-off of a minute at most: half a day, in which an issuer that is away comes back.
  attempts: 720,
  backoffSeconds: 1,
});
