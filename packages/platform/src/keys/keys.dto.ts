import { z } from 'zod';

export const encryptionKeyAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['primary', 'active']).meta({ description: 'The primary key seals; the others only open.' }),
    source: z.enum(['file', 'folder', 'environment', 'vault']),
    secrets: z.int().meta({ description: 'How many secrets need this key.' }),
  })
  .meta({ id: 'EncryptionKey' });

export const encryptionKeysAnswer = z
  .object({
    items: z.array(encryptionKeyAnswer),
    nextCursor: z.null(),
    missing: z.int().meta({ description: 'Secrets whose key is not in the ring: they cannot be opened.' }),
  })
  .meta({ id: 'EncryptionKeyPage' });
export type EncryptionKeysAnswer = z.output<typeof encryptionKeysAnswer>;

export const rotationAnswer = z
  .object({ primary: z.string(), operation: z.string() })
  .meta({ id: 'KeyRotation', description: 'The key that seals from now on, and the operation that rewraps the rest.' });
export type RotationAnswer = z.output<typeof rotationAnswer>;
