import { z } from 'zod';
import { defineJob } from '../kernel/jobs/job.js';

const payload = z.object({
  tenantId: z.string(),
  tenant: z.string(),
  projectId: z.string(),
  project: z.string(),
  environmentId: z.string(),
  environment: z.string(),
  operation: z.string(),
  /** Of an adopted environment's deletion: its namespace is deleted too, as somebody asked for by its name. */
  withNamespace: z.boolean().optional(),
});
export type EnvironmentJob = z.output<typeof payload>;

const retries = { queue: 'environments', payload, attempts: 60, backoffSeconds: 1 };

export const provisionEnvironment = defineJob<EnvironmentJob>({ ...retries, name: 'environments.provision' });
export const deleteEnvironment = defineJob<EnvironmentJob>({ ...retries, name: 'environments.delete' });

const selection = z.object({
  tenantId: z.string().optional(),
  projectId: z.string().optional(),
  environmentId: z.string().optional(),
  /** Only those that were provisioned by other parts than there are now. */
  isBehind: z.boolean().optional(),
});
export type EnvironmentSelection = z.output<typeof selection>;

/** Finds the namespaces that are to be looked at again; each is a job of its own, so that one that fails holds up no other. */
export const reconcileEnvironments = defineJob<EnvironmentSelection>({
  queue: 'environments',
  name: 'environments.reconcile',
  payload: selection,
  attempts: 20,
  backoffSeconds: 1,
});

const one = z.object({ environmentId: z.string() });
export type EnvironmentKey = z.output<typeof one>;

export const refreshEnvironment = defineJob<EnvironmentKey>({
  queue: 'environments',
  name: 'environments.refresh',
  payload: one,
  attempts: 40,
  backoffSeconds: 1,
});
