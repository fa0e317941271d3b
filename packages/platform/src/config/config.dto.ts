import { z } from 'zod';
import { timeSchema } from '../kernel/http/schemas.js';

const variableName = z
  .string()
  .max(200)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'A name of an environment variable: letters, digits and underscores.');
const value = z.string().max(32_768);

export const changeConfigSchema = z
  .strictObject({
    variables: z.record(variableName, value.nullable()).optional(),
    secrets: z
      .record(
        variableName,
        z.union([
          value,
          z.null(),
          z.strictObject({
            value,
            revealable: z.boolean().meta({ description: 'Whether the value can ever be read again. Default: no.' }),
          }),
        ]),
      )
      .optional(),
  })
  .meta({
    id: 'ChangeConfig',
    description: 'A merge patch: null removes a name. A name is either a variable or a secret.',
    example: { variables: { GREETING: 'hello' }, secrets: { TOKEN: 's3cret', OLD: null } },
  });
export type ChangeConfig = z.output<typeof changeConfigSchema>;

export const changeConfigQuerySchema = z.strictObject({
  apply: z
    .enum(['true', 'false'])
    .default('true')
    .meta({ description: '`false`: only keep it; the next release takes it.' }),
  fields: z.string().max(500).optional(),
});
export type ChangeConfigQuery = z.output<typeof changeConfigQuerySchema>;

export const configSchema = z
  .object({
    version: z.int().meta({ description: '0 before the first change.' }),
    variables: z.record(z.string(), z.string()),
    secrets: z
      .record(z.string(), z.object({ version: z.int(), updatedAt: timeSchema, revealable: z.boolean() }))
      .meta({ description: 'Values are never answered here; those of revealable ones by `reveal`.' }),
    release: z.int().nullable().meta({ description: 'The release that this change made, where it made one.' }),
    rollout: z.string().nullable().meta({ description: 'The rollout that carries it out, where there is one.' }),
  })
  .meta({ id: 'Config' });
export type ConfigAnswer = z.output<typeof configSchema>;

export const revealedSecretSchema = z
  .object({ name: z.string(), version: z.int(), value: z.string() })
  .meta({ id: 'RevealedSecret' });
export type RevealedSecret = z.output<typeof revealedSecretSchema>;
