import { z } from 'zod';
import { displayNameSchema, nameSchema, objectFields, pageOf, pageQuerySchema } from '../kernel/http/schemas.js';
import { parseCpuMillis, parseMemoryBytes } from './applications.rules.js';
import { commandSchema } from './command.dto.js';
import { hooksSchema } from './hooks.dto.js';
import { processNameSchema } from './process-name.dto.js';

export { processNameSchema };

const cpuSchema = z
  .string()
  .refine((text) => {
    const millis = parseCpuMillis(text);
    return millis !== undefined && millis >= 10 && millis <= 64_000;
  }, 'A Kubernetes quantity from 10m to 64, such as 500m or 2.')
  .meta({ example: '500m' });

const memorySchema = z
  .string()
  .refine((text) => {
    const bytes = parseMemoryBytes(text);
    return bytes !== undefined && bytes >= 16 * 2 ** 20 && bytes <= 512 * 2 ** 30;
  }, 'A Kubernetes quantity from 16Mi to 512Gi, such as 256Mi.')
  .meta({ example: '256Mi' });

export const resourcesSchema = z.strictObject({ cpu: cpuSchema.optional(), memory: memorySchema.optional() });
export const replicasSchema = z.int().min(0).max(100);
const processSchema = z
  .strictObject({
    command: commandSchema.optional().meta({
      description: "A line for the image's shell, or a list that runs as it is. Without it the image decides.",
    }),
    port: z
      .int()
      .min(1)
      .max(65535)
      .optional()
      .meta({ description: 'Where it listens, told to it as PORT. `web`: 8080 by default; others: none.' }),
    replicas: replicasSchema.optional(),
    resources: resourcesSchema.optional(),
    healthCheck: z
      .strictObject({
        path: z
          .string()
          .max(500)
          .regex(/^\/[^\s]*$/, 'A path that begins with a slash.')
          .optional(),
      })
      .optional()
      .meta({ description: 'Without a path, a process is ready when its port answers.' }),
  })
  .meta({ id: 'Process' });

export const processesSchema = z
  .record(processNameSchema, processSchema)
  .refine(
    (processes) => Object.keys(processes).length >= 1 && Object.keys(processes).length <= 20,
    'From 1 to 20 processes.',
  );

const pathInSource = z
  .string()
  .min(1)
  .max(500)
  .refine(
    (path) => !path.startsWith('/') && !path.startsWith('-') && !path.split('/').includes('..'),
    'A path inside the source, without "..".',
  );

export const gitUrlSchema = z
  .string()
  .max(1000)
  .refine(
    (url) => /^https?:\/\/[^\s@]+\/[^\s]+$/.test(url),
    'An http or https URL of a git repository, without credentials in it.',
  );
export const gitRefSchema = z
  .string()
  .max(250)
  .refine(
    (ref) => /^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(ref) && !ref.includes('..') && !ref.endsWith('.lock'),
    'A branch, tag or commit.',
  );
/** An OCI reference. */
export const imageSchema = z
  .string()
  .max(500)
  .regex(
    /^[a-z0-9][a-zA-Z0-9.:_/-]*(@sha256:[0-9a-f]{64})?$/,
    'An image reference, such as registry.example.com/name:tag.',
  );

const sourceSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('git'), url: gitUrlSchema, ref: gitRefSchema.optional() }),
    z.strictObject({ type: z.literal('archive') }),
    z.strictObject({ type: z.literal('push') }),
    z.strictObject({ type: z.literal('image'), image: imageSchema }),
  ])
  .meta({ id: 'ApplicationSource' });

const buildSchema = z.strictObject({
  dockerfile: pathInSource.default('Dockerfile'),
  context: pathInSource.default('.'),
});

export const createApplicationSchema = z
  .strictObject({
    name: nameSchema,
    displayName: displayNameSchema.optional(),
    source: sourceSchema,
    build: buildSchema.optional(),
    processes: processesSchema.optional(),
    hooks: hooksSchema.optional(),
  })
  .meta({
    id: 'CreateApplication',
    example: { name: 'hello', source: { type: 'archive' }, processes: { web: { port: 8080 } } },
  });
export type CreateApplication = z.output<typeof createApplicationSchema>;

export const updateApplicationSchema = z
  .strictObject({
    displayName: displayNameSchema.optional(),
    source: sourceSchema.optional(),
    build: buildSchema.partial().optional(),
    processes: z.record(processNameSchema, processSchema.partial().nullable()).optional(),
    hooks: hooksSchema.optional().meta({ description: 'Each is replaced whole; null removes it.' }),
  })
  .meta({
    id: 'UpdateApplication',
    description: 'A merge patch: null removes a process. Processes take effect with the next release.',
  });
export type UpdateApplication = z.output<typeof updateApplicationSchema>;

export const environmentStates = ['healthy', 'progressing', 'degraded', 'failed', 'idle'] as const;

export const applicationSchema = z
  .object({
    ...objectFields,
    displayName: z.string(),
    state: z.enum(['active', 'deleting']),
    source: sourceSchema,
    build: buildSchema,
    processes: z.record(z.string(), processSchema),
    hooks: hooksSchema,
    gitUrl: z.string().meta({ description: 'Push here to build and deploy to production.' }),
    environments: z.array(
      z.object({
        name: z.string(),
        state: z.enum(environmentStates),
        release: z.int().nullable(),
        url: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Application' });
export type ApplicationAnswer = z.output<typeof applicationSchema>;
export const applicationPageSchema = pageOf(applicationSchema).meta({ id: 'ApplicationPage' });
export const applicationQuerySchema = pageQuerySchema;
