import { queryOptions } from '@tanstack/react-query';
import { applicationKey } from '@/features/applications/queries';
import { type Api, browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { AcceptDrift, Drift } from '@/lib/contract';
import type { ApplicationRef, EnvironmentRef } from '@/lib/paths';
import { isWrite, toKubernetesPath } from './drift-state';

const path =
  '/api/v1/tenants/{tenant}/projects/{project}/applications/{application}/environments/{environment}/drift' as const;
const policyPath = '/api/v1/tenants/{tenant}/projects/{project}/environments/{environment}/drift-policy';
/** So many rows of the log are looked through for the last one that wrote. */
const rowsLookedThrough = 20;

const toParams = ({ tenant, project, application, environment }: ApplicationRef) => ({
  path: { tenant, project, application, environment },
});
const toPlace = ({ tenant, project, environment }: EnvironmentRef) => ({ path: { tenant, project, environment } });

/** What was changed by hand, as it was when somebody last looked. */
export const driftQuery = (ref: ApplicationRef, api: Api = browserApi) =>
  queryOptions({
    queryKey: [...applicationKey(ref), 'e', ref.environment, 'drift'],
    queryFn: ({ signal }) => unwrap(api.GET(path, { params: toParams(ref), signal })),
  });

export const environmentPolicyQuery = (ref: EnvironmentRef) =>
  queryOptions({
    queryKey: ['t', ref.tenant, 'p', ref.project, 'e', ref.environment, 'drift-policy'],
    queryFn: ({ signal }) => unwrap(browserApi.GET(policyPath, { params: toPlace(ref), signal })),
  });

/** Who last wrote an object through the platform's Kubernetes API; null where nobody did. */
export const lastWriterQuery = (ref: EnvironmentRef, namespace: string, object: { kind: string; name: string }) => {
  const resource = toKubernetesPath(namespace, object);
  return queryOptions({
    queryKey: ['t', ref.tenant, 'audit', 'last-writer', resource],
    queryFn: async ({ signal }) => {
      const query = { resource, outcome: 'success', limit: rowsLookedThrough } as const;
      const params = { path: { tenant: ref.tenant }, query };
      const { items } = await unwrap(browserApi.GET('/api/v1/tenants/{tenant}/audit-events', { params, signal }));
      return items.find(isWrite) ?? null;
    },
  });
};

/** Has the worker look, or put back; `lookedAt` tells when it has. */
export const askWorker = (ref: ApplicationRef, verb: 'look' | 'heal'): Promise<Drift> => {
  const request = { params: toParams(ref), headers: idempotencyKey() };
  return verb === 'look'
    ? unwrap(browserApi.POST(`${path}/look`, request))
    : unwrap(browserApi.POST(`${path}/heal`, request));
};

export const acceptDrift = (ref: ApplicationRef, body: AcceptDrift) =>
  unwrap(browserApi.POST(`${path}/accept`, { params: toParams(ref), body, headers: idempotencyKey() }));

/** Null: as the environment says. */
export const putPolicy = (ref: ApplicationRef, policy: Drift['policy'] | null) =>
  unwrap(browserApi.PUT(`${path}/policy`, { params: toParams(ref), body: { policy } }));

export const putEnvironmentPolicy = (ref: EnvironmentRef, policy: Drift['policy']) =>
  unwrap(browserApi.PUT(policyPath, { params: toPlace(ref), body: { policy } }));
