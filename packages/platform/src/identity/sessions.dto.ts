import { z } from 'zod';
import type { PersonalTokenModel, SessionModel } from '../kernel/database/index.js';
import { pageOf, timeSchema } from '../kernel/http/schemas.js';

const sessionAnswer = z
  .object({
    id: z.string(),
    kind: z.enum(['browser', 'cli']),
    client: z.string().meta({ description: 'The program that was signed in to.' }),
    device: z.string().nullable(),
    address: z.string().nullable().meta({ description: 'Where the sign-in came from; of the CLI, its last use.' }),
    createdAt: timeSchema,
    lastUsedAt: timeSchema.nullable(),
    expiresAt: timeSchema.nullable(),
    isCurrent: z.boolean(),
  })
  .meta({ id: 'Session' });
export type SessionAnswer = z.output<typeof sessionAnswer>;
export const sessionPage = pageOf(sessionAnswer).meta({ id: 'SessionPage' });

export function toBrowserSession(row: SessionModel, currentId: string | undefined): SessionAnswer {
  return {
    id: row.id,
    kind: 'browser',
    client: row.client,
    device: row.device,
    address: row.address,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    expiresAt: null,
    isCurrent: row.id === currentId,
  };
}

export function toLoginSession(row: PersonalTokenModel, currentId: string | undefined): SessionAnswer {
  return {
    id: row.id,
    kind: 'cli',
    client: 'slipway-cli',
    device: row.device,
    address: row.lastUsedFrom,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    isCurrent: row.id === currentId,
  };
}
