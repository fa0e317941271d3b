import { z } from 'zod';
import { displayNameSchema, nameSchema } from '../kernel/http/schemas.js';

const usernameSchema = z.string().min(1).max(100);

/** What is asked for with a request of the kind `tenant`, and what is set up when it is granted. */
export const tenantPlan = z.strictObject({
  name: nameSchema,
  displayName: displayNameSchema.optional(),
  purpose: z.string().trim().min(1).max(2000),
  costCentre: z.string().trim().max(100).optional(),
  owner: usernameSchema.optional().meta({ description: 'User name of the first owner. Default: who asks.' }),
  members: z
    .array(
      z.strictObject({ username: usernameSchema, role: z.enum(['admin', 'developer', 'operator', 'viewer', 'owner']) }),
    )
    .max(100)
    .default([]),
  limits: z
    .record(z.string().max(100), z.union([z.string().max(50), z.number().min(0)]))
    .default({})
    .meta({ description: 'Wished limits by resource, as Kubernetes quantities.' }),
  projects: z
    .array(
      z.strictObject({
        name: nameSchema,
        displayName: displayNameSchema.optional(),
        blueprint: z.string().max(100).optional(),
      }),
    )
    .max(20)
    .default([])
    .refine((projects) => new Set(projects.map(({ name }) => name)).size === projects.length, 'A name stands twice.'),
});
export type TenantPlan = z.output<typeof tenantPlan>;

/** The steps of setting a tenant up, in their order; taken back in the other. */
export const setupSteps = ['tenant', 'group', 'roles', 'quota', 'projects', 'namespaces', 'open'] as const;
export type SetupStep = (typeof setupSteps)[number];

/** Everybody who gets a role, each once: the owner's place is above what the list of members says of him. */
export function rolesOf(plan: TenantPlan, requester: string): ReadonlyMap<string, string> {
  const members = plan.members.map(({ username, role }) => [username, role] as const);
  return new Map([...members, [plan.owner ?? requester, 'owner']]);
}

/** What an approver reads. */
export function describePlan(plan: TenantPlan): {
  title: string;
  changes: { path: string; before: null; after: string }[];
} {
  const line = (path: string, after: string) => ({ path, before: null, after });
  return {
    title: `Create the tenant ${plan.name}`,
    changes: [
      line('name', plan.name),
      line('purpose', plan.purpose),
      ...(plan.costCentre ? [line('costCentre', plan.costCentre)] : []),
      ...(plan.owner ? [line('owner', plan.owner)] : []),
      ...plan.members.map(({ username, role }) => line(`members.${username}`, role)),
      ...Object.entries(plan.limits).map(([resource, amount]) => line(`limits.${resource}`, String(amount))),
      ...plan.projects.map(({ name, blueprint }) => line(`projects.${name}`, blueprint ?? 'minimal')),
    ],
  };
}
