import { z } from 'zod';
import { amountSchema, resourceSchema } from './quotas.dto.js';

const levelSchema = z.enum(['tenant', 'project', 'environment']);
const amounts = z.record(z.string(), z.string());
const pathSchema = z.string().meta({ description: 'Empty for the tenant, else `project` or `project/environment`.' });

const scopeSchema = z
  .strictObject({
    project: z.string().min(1).max(40).optional(),
    environment: z.string().min(1).max(40).optional(),
    limits: z
      .record(resourceSchema, amountSchema)
      .refine((limits) => Object.keys(limits).length <= 200, 'At most 200 limits.')
      .meta({ description: 'All limits of this scope, without what grants add.' }),
    overcommitPercent: z.int().min(100).max(10_000).optional(),
  })
  .refine(({ project, environment }) => environment === undefined || project !== undefined, {
    message: 'An environment is named with its project.',
    path: ['project'],
  });

export const putTreeBody = z
  .strictObject({
    scopes: z
      .array(scopeSchema)
      .min(1)
      .max(1000)
      .refine((scopes) => new Set(scopes.map(toPath)).size === scopes.length, 'A scope is named twice.')
      .meta({ description: 'The scopes to change; others stay as they are.' }),
  })
  .meta({ id: 'PutQuotaTree' });
export type PutTree = z.output<typeof putTreeBody>;

const treeNode = z
  .object({
    id: z.string(),
    level: levelSchema,
    name: z.string(),
    path: pathSchema,
    limits: amounts.meta({ description: 'Without what grants add.' }),
    granted: amounts,
    used: amounts,
    overcommitPercent: z.int(),
  })
  .meta({ id: 'QuotaTreeNode' });
export type TreeNode = z.output<typeof treeNode>;

const treeChange = z
  .object({
    path: pathSchema,
    level: levelSchema,
    resource: z.string(),
    before: z.string().nullable(),
    after: z.string().nullable(),
    used: z.string(),
    isOver: z.boolean().meta({ description: 'More is used than will be allowed: nothing new starts there.' }),
  })
  .meta({ id: 'QuotaTreeChange' });
export type TreeChange = z.output<typeof treeChange>;

const treeViolation = z
  .object({
    path: pathSchema,
    level: levelSchema,
    resource: z.string(),
    sum: z.string().meta({ description: "What the children's limits would sum to." }),
    room: z.string().meta({ description: 'What they may sum to.' }),
  })
  .meta({ id: 'QuotaTreeViolation' });
export type TreeViolation = z.output<typeof treeViolation>;

export const treeAnswer = z
  .object({
    nodes: z.array(treeNode).meta({ description: 'The tenant, then each project with its environments.' }),
    changes: z.array(treeChange).meta({ description: 'Of a PUT: what it changes, or would.' }),
    violations: z
      .array(treeViolation)
      .meta({ description: 'Of a dry run: why it would be refused. Empty: it would be done.' }),
    version: z.int().meta({ description: 'Grows with each change of any limit of the tenant.' }),
  })
  .meta({ id: 'QuotaTree' });
export type TreeAnswer = z.output<typeof treeAnswer>;

export function toPath({ project, environment }: { readonly project?: string; readonly environment?: string }): string {
  return [project, environment].filter((name) => name !== undefined).join('/');
}
