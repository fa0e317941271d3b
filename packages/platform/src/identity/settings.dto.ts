import { z } from 'zod';
import { timeSchema } from '../kernel/http/schemas.js';

const roleSchema = z.string().min(1).max(60);
const fields = {
  passwordMinLength: z.int().min(8).max(128).meta({ description: 'The least length of a password.' }),
  tokenMaxDays: z
    .int()
    .min(1)
    .max(3650)
    .meta({ description: 'The longest life of a personal or robot token, in days.' }),
  mfaRoles: z.array(roleSchema).max(20).meta({
    description:
      'Roles whose bearers need a second factor: of the platform as `platform:admin`, of tenants and projects as `owner`.',
  }),
};

export const updateSettingsBody = z.strictObject(fields).partial();
export type UpdateSettings = z.output<typeof updateSettingsBody>;

export const settingsAnswer = z
  .object({ ...fields, version: z.int(), updatedAt: timeSchema.nullable() })
  .meta({ id: 'IdentitySettings' });
export type SettingsAnswer = z.output<typeof settingsAnswer>;
