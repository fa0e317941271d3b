import { z } from 'zod';
import type { NamespaceAdoptionModel } from '../kernel/database/index.js';
import { nameSchema, pageOf, timeSchema } from '../kernel/http/schemas.js';
import { type AdoptionItem, adoptionItemStates } from './adoptions.rules.js';

const namespaceName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'Use the name of a namespace.');
const kindSchema = z.enum(['production', 'staging', 'development']);

export const namespaceAnswer = z
  .object({
    name: z.string(),
    createdAt: timeSchema.nullable(),
    state: z.enum(['active', 'terminating']),
    pods: z.int().meta({ description: 'Pods that run or wait.' }),
    workloads: z.int().meta({ description: 'Deployments, StatefulSets, DaemonSets and CronJobs.' }),
    services: z.int(),
    volumes: z.int().meta({ description: 'PersistentVolumeClaims.' }),
    requests: z
      .object({ cpu: z.string(), memory: z.string() })
      .meta({ description: 'What its pods ask for, as Kubernetes quantities.' }),
    podSecurity: z.string().nullable().meta({ description: 'The Pod Security level that it enforces.' }),
  })
  .meta({ id: 'AdoptableNamespace' });
export type NamespaceAnswer = z.output<typeof namespaceAnswer>;
export const namespacePage = pageOf(namespaceAnswer).meta({ id: 'AdoptableNamespacePage' });

const choice = z.strictObject({
  namespace: namespaceName,
  tenant: z.string().min(1).max(100),
  project: z.string().min(1).max(100),
  environment: nameSchema,
  kind: kindSchema,
});

export const createAdoptionBody = z.strictObject({ items: z.array(choice).min(1).max(50) }).meta({
  id: 'CreateAdoption',
  example: {
    items: [{ namespace: 'legacy-shop', tenant: 'acme', project: 'shop', environment: 'legacy', kind: 'production' }],
  },
});
export type CreateAdoption = z.output<typeof createAdoptionBody>;

export const createAdoptionQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: '`true`: answers the plan, and changes nothing.' }),
});
export type CreateAdoptionQuery = z.output<typeof createAdoptionQuery>;

const change = z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() });
const problem = z.object({ code: z.string(), severity: z.enum(['error', 'warning']), message: z.string() });

const itemAnswer = z
  .object({
    namespace: z.string(),
    tenant: z.string(),
    project: z.string(),
    environment: z.string(),
    kind: kindSchema,
    state: z.enum(adoptionItemStates),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    changes: z.array(change).meta({ description: 'What is set on the namespace and in it.' }),
    problems: z
      .array(problem)
      .meta({ description: 'What stands in the way (`error`), and what somebody will notice (`warning`).' }),
  })
  .meta({ id: 'AdoptionItem' });

export const adoptionAnswer = z
  .object({
    id: z.string().nullable().meta({ description: 'Null for a plan.' }),
    cluster: z.string(),
    state: z.enum(['planned', 'running', 'succeeded', 'failed']),
    operation: z.string().nullable().meta({ description: 'Id of the operation, a step for each namespace.' }),
    createdBy: z.string(),
    createdAt: timeSchema.nullable(),
    items: z.array(itemAnswer),
    version: z.int(),
  })
  .meta({ id: 'Adoption' });
export type AdoptionAnswer = z.output<typeof adoptionAnswer>;
export const adoptionPage = pageOf(adoptionAnswer).meta({ id: 'AdoptionPage' });

export const releaseAnswer = z
  .object({
    namespace: z.string(),
    tenant: z.string(),
    project: z.string(),
    environment: z.string(),
    operation: z.string().meta({ description: 'Id of the operation that gives it back.' }),
  })
  .meta({ id: 'NamespaceRelease' });
export type ReleaseAnswer = z.output<typeof releaseAnswer>;

export const readItems = (value: unknown): AdoptionItem[] => (Array.isArray(value) ? (value as AdoptionItem[]) : []);

export function toAdoptionAnswer(row: NamespaceAdoptionModel): AdoptionAnswer {
  const items = readItems(row.items);
  const isRunning = items.some(({ state }) => state !== 'adopted' && state !== 'failed');
  const hasFailed = items.some(({ state }) => state === 'failed');
  return {
    id: row.id,
    cluster: row.cluster,
    state: isRunning ? 'running' : hasFailed ? 'failed' : 'succeeded',
    operation: row.operationId,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    items: items.map(toItemAnswer),
    version: row.version,
  };
}

export function toItemAnswer(item: AdoptionItem): z.output<typeof itemAnswer> {
  const { namespace, tenant, project, environment, kind, state, error, changes, problems } = item;
  return {
    ...{ namespace, tenant, project, environment, kind, state, error },
    changes: [...changes],
    problems: [...problems],
  };
}
