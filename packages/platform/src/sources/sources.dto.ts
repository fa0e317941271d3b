import { z } from 'zod';
import { objectFields } from '../kernel/http/schemas.js';

export const uploadSchema = z
  .object({
    ...objectFields,
    digest: z.string().meta({ description: '`sha256:` of the bytes as they came.' }),
    sizeBytes: z.int(),
  })
  .meta({ id: 'Upload' });
export type UploadAnswer = z.output<typeof uploadSchema>;
