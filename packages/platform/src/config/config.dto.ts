import { z } from 'zod';
import { pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';
import { changePlan, dryRunField, rolloutPlanSchema } from '../rollouts/rollout-plans.service.js';
import type { ConfigContent } from './config.rules.js';
import { configScopes } from './effective.rules.js';

export const variableName = z
  .string()
  .max(200)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'A name of an environment variable: letters, digits and underscores.');
export const mostValue = 32_768;
const value = z.string().max(mostValue);

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
  dryRun: dryRunField,
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
    plan: rolloutPlanSchema.nullable().meta({ description: changePlan }),
  })
  .meta({ id: 'Config' });
export type ConfigAnswer = z.output<typeof configSchema>;

export const importConfigSchema = z
  .strictObject({
    text: z
      .string()
      .max(512 * 1024)
      .meta({ description: 'In the form of a `.env` file.' }),
    secrets: z
      .array(variableName)
      .max(500)
      .optional()
      .meta({ description: 'Names that are to be secrets; what is one already stays one.' }),
  })
  .meta({ id: 'ImportConfig', example: { text: 'LOG_LEVEL=debug\nAPI_KEY=s3cret', secrets: ['API_KEY'] } });
export type ImportConfig = z.output<typeof importConfigSchema>;

export const importedConfigSchema = z
  .object({
    names: z
      .array(
        z.object({
          name: z.string(),
          kind: z.enum(['variable', 'secret']),
          change: z.enum(['added', 'changed', 'unchanged', 'refused']),
          reason: z.string().nullable().meta({ description: 'Why it was refused.' }),
        }),
      )
      .meta({ description: 'What is refused is left out; the rest is taken.' }),
    config: configSchema.meta({ description: 'As it is afterwards; with `dryRun`, as it is.' }),
  })
  .meta({ id: 'ImportedConfig' });
export type ImportedConfig = z.output<typeof importedConfigSchema>;

export const revealedSecretSchema = z
  .object({ name: z.string(), version: z.int(), value: z.string() })
  .meta({ id: 'RevealedSecret' });
export type RevealedSecret = z.output<typeof revealedSecretSchema>;

const scope = z.enum(configScopes);
const kind = z.enum(['variable', 'secret']);

const settingFields = {
  scope,
  owner: z.string().meta({ description: 'The name of the tenant, project, environment or application.' }),
  kind,
  value: z.string().nullable().meta({ description: 'Null for a secret.' }),
  version: z.int().nullable().meta({ description: 'Of a secret: the version of the config that set it.' }),
};

export const effectiveConfigSchema = z
  .object({
    names: z
      .array(
        z.object({
          name: z.string(),
          ...settingFields,
          updatedAt: timeSchema.nullable().meta({ description: 'Of a secret.' }),
          shadows: z
            .array(z.object(settingFields))
            .meta({ description: 'What outer scopes say of the name, the nearest first.' }),
        }),
      )
      .meta({ description: 'In the order of the names: what counts, and which scope says so.' }),
    size: z.object({ names: z.int(), bytes: z.int() }),
    limits: z.object({ names: z.int(), bytes: z.int() }),
  })
  .meta({ id: 'EffectiveConfig' });
export type EffectiveConfigAnswer = z.output<typeof effectiveConfigSchema>;

export const changeScopeConfigSchema = z
  .strictObject({
    variables: z.record(variableName, value.nullable()).optional(),
    secrets: z.record(variableName, value.nullable()).optional(),
  })
  .meta({
    id: 'ChangeScopeConfig',
    description: 'A merge patch: null removes a name. A name is either a variable or a secret; secrets are write-only.',
    example: { variables: { LOG_LEVEL: 'info', OLD: null }, secrets: { SENTRY_DSN: 's3cret' } },
  });
export type ChangeScopeConfig = z.output<typeof changeScopeConfigSchema>;

export const dryRunQuerySchema = z.strictObject({
  dryRun: z.enum(['true', 'false']).default('false').meta({ description: '`true`: only say what it would do.' }),
  fields: z.string().max(500).optional(),
});
export type DryRunQuery = z.output<typeof dryRunQuerySchema>;

const shownSecrets = z.record(z.string(), z.object({ version: z.int(), updatedAt: timeSchema }));

/** Which secrets there are, without their values. */
export const showSecrets = (secrets: ConfigContent['secrets']): z.output<typeof shownSecrets> =>
  Object.fromEntries(Object.entries(secrets).map(([name, { version, updatedAt }]) => [name, { version, updatedAt }]));

export const scopeConfigSchema = z
  .object({
    scope,
    owner: z.string(),
    version: z.int().meta({ description: '0 before the first change.' }),
    updatedAt: timeSchema.nullable(),
    updatedBy: z.string().nullable(),
    variables: z.record(z.string(), z.string()),
    secrets: shownSecrets,
  })
  .meta({ id: 'ScopeConfig' });
export type ScopeConfigAnswer = z.output<typeof scopeConfigSchema>;

const reachedApplicationSchema = z.object({
  project: z.string(),
  environment: z.string(),
  application: z.string(),
  names: z.array(z.string()).meta({ description: 'Those of the changed names that no nearer scope sets.' }),
  isRunning: z.boolean(),
});
export type ReachedApplication = z.output<typeof reachedApplicationSchema>;

const reachFields = {
  reaches: z
    .array(reachedApplicationSchema)
    .meta({ description: 'The applications that get it with their next release; the first 500.' }),
  reachCount: z.int().meta({ description: 'How many there are.' }),
};

export const changedScopeConfigSchema = scopeConfigSchema
  .extend(reachFields)
  .meta({ id: 'ChangedScopeConfig', description: 'With `dryRun`, the config as it is.' });
export type ChangedScopeConfig = z.output<typeof changedScopeConfigSchema>;

export const importedScopeConfigSchema = z
  .object({ names: importedConfigSchema.shape.names, config: changedScopeConfigSchema })
  .meta({ id: 'ImportedScopeConfig' });
export type ImportedScopeConfig = z.output<typeof importedScopeConfigSchema>;

export const configVersionQuerySchema = pageQuerySchema;

const versionFields = {
  id: z.string(),
  number: z.int(),
  createdAt: timeSchema,
  createdBy: z.string(),
  restored: z.int().nullable().meta({ description: 'The version that it brought back.' }),
  changes: z.array(z.object({ name: z.string(), kind, change: z.enum(['added', 'changed', 'removed']) })),
};

export const configVersionSchema = z
  .object({
    ...versionFields,
    variables: z.record(z.string(), z.string()),
    secrets: shownSecrets,
  })
  .meta({ id: 'ConfigVersion' });
export type ConfigVersionAnswer = z.output<typeof configVersionSchema>;
const configVersionOutlineSchema = z.object(versionFields).meta({ id: 'ConfigVersionOutline' });
export type ConfigVersionOutline = z.output<typeof configVersionOutlineSchema>;
export const configVersionPageSchema = pageOf(configVersionOutlineSchema).meta({ id: 'ConfigVersionPage' });

export const restoreConfigSchema = z
  .strictObject({
    version: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .meta({ description: 'Whose names and values to bring back.' }),
  })
  .meta({ id: 'RestoreConfig', example: { version: 3 } });
export type RestoreConfig = z.output<typeof restoreConfigSchema>;
