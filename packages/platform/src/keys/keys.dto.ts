import { z } from 'zod';
import { timeSchema } from '../kernel/http/schemas.js';

export const encryptionKeyAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['primary', 'active']).meta({ description: 'The primary key seals; the others only open.' }),
    source: z.enum(['file', 'folder', 'environment', 'vault']),
    since: timeSchema.nullable().meta({ description: 'When its file was written; null where nobody knows.' }),
    secrets: z.int().meta({ description: 'How many secrets need this key.' }),
  })
  .meta({ id: 'EncryptionKey' });

export const encryptionKeysAnswer = z
  .object({
    items: z.array(encryptionKeyAnswer),
    nextCursor: z.null(),
    missing: z.int().meta({ description: 'Secrets whose key is not in the ring: they cannot be opened.' }),
    rotation: z
      .object({
        operation: z.string(),
        state: z.enum(['pending', 'running', 'succeeded', 'failed', 'cancelled']),
        progress: z.int().meta({ description: '0 to 100.' }),
        createdBy: z.string(),
        createdAt: timeSchema,
      })
      .nullable()
      .meta({ description: 'The newest operation that rewraps secrets.' }),
  })
  .meta({ id: 'EncryptionKeyPage' });
export type EncryptionKeysAnswer = z.output<typeof encryptionKeysAnswer>;

export const rotationAnswer = z
  .object({ primary: z.string(), operation: z.string() })
  .meta({ id: 'KeyRotation', description: 'The key that seals from now on, and the operation that rewraps the rest.' });
export type RotationAnswer = z.output<typeof rotationAnswer>;
