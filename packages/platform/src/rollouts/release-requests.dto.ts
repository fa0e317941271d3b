import { z } from 'zod';

/** What a request of the kind `release` is about; conditions of approval policies look at these fields. */
export const releaseRequestSchema = z.strictObject({
  tenant: z.string().max(100),
  project: z.string().max(100),
  application: z.string().max(100),
  environment: z.string().max(100),
  release: z.int(),
  rollout: z.string().max(100),
  /** The freeze that it is to pass, if any. */
  freeze: z.string().max(100).nullable(),
});
export type ReleaseRequest = z.output<typeof releaseRequestSchema>;
