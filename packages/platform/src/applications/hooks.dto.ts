import { z } from 'zod';
import { commandSchema } from './command.dto.js';
import { processNameSchema } from './process-name.dto.js';

const commandFields = {
  command: commandSchema,
  process: processNameSchema.optional().meta({ description: 'Whose resources it has; default: `web`.' }),
  timeoutSeconds: z.int().min(1).max(3600).optional().meta({ description: 'Default: 300.' }),
};

/** It is sent with the platform's own rights through the cluster's API: nothing in it may lead to another path there. */
const probePathSchema = z
  .string()
  .max(500)
  .regex(/^\/[A-Za-z0-9._~!$&'()*+,;=:@/?-]*$/, 'A path that begins with a slash, without spaces and percent signs.')
  .refine((path) => !path.split(/[/?]/).some((part) => part === '.' || part === '..'), 'A path without "." and "..".');

const probeSchema = z.strictObject({
  probe: z.strictObject({
    path: probePathSchema,
    expectedStatus: z.int().min(100).max(599).optional().meta({ description: 'Default: 200.' }),
  }),
  timeoutSeconds: z.int().min(1).max(3600).optional().meta({ description: 'Asked again for so long; default: 60.' }),
});

export const hooksSchema = z
  .strictObject({
    before: z.strictObject(commandFields).nullable().optional().meta({
      description: 'Runs to its end with the release before any pod of it takes traffic, such as migrations.',
    }),
    after: z
      .union([z.strictObject(commandFields), probeSchema])
      .nullable()
      .optional()
      .meta({ description: 'Must succeed before the rollout is healthy; else the release before is put back.' }),
  })
  .meta({
    id: 'ReleaseHooks',
    example: { before: { command: 'npm run migrate' }, after: { probe: { path: '/healthz' } } },
  });
