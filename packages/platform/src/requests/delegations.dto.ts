import { z } from 'zod';
import { pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';
import { requestKinds } from './requests.rules.js';

const kindsSchema = z.array(z.enum(requestKinds)).max(requestKinds.length);

export const createDelegationBody = z
  .strictObject({
    to: z.string().min(1).max(100).meta({ description: 'The user name of whoever decides for me.' }),
    startsAt: z.iso.datetime().optional().meta({ description: 'Default: now.' }),
    endsAt: z.iso.datetime().meta({ description: 'At most a year from the start.' }),
    kinds: kindsSchema.default([]).meta({ description: 'Empty: requests of every kind.' }),
  })
  .meta({ id: 'CreateDelegation' });
export type CreateDelegation = z.output<typeof createDelegationBody>;

export const delegationsQuery = pageQuerySchema;

export const delegationAnswer = z
  .object({
    id: z.string(),
    from: z.string(),
    to: z.string(),
    isMine: z.boolean().meta({ description: 'Whether I gave it; else I was given it.' }),
    kinds: kindsSchema,
    startsAt: timeSchema,
    endsAt: timeSchema,
    createdAt: timeSchema,
  })
  .meta({ id: 'Delegation' });
export type DelegationAnswer = z.output<typeof delegationAnswer>;
export const delegationPage = pageOf(delegationAnswer).meta({ id: 'DelegationPage' });
