import type { Schemas } from '@slipway/sdk';
import { queryOptions } from '@tanstack/react-query';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';

export type ImagePolicy = Schemas['ImagePolicy'];
export type ImageReport = Schemas['ImageReport'];
export type VulnerabilityRule = Schemas['VulnerabilityRule'];
export type DryRun = Schemas['ImagePolicyDryRun'];

export interface Rules {
  readonly description?: string;
  readonly mode: ImagePolicy['mode'];
  readonly environmentKinds: ImagePolicy['environmentKinds'];
  readonly registries: string[];
  readonly requireDigest: boolean;
  readonly signatureKeys: ImagePolicy['signatureKeys'];
  readonly vulnerabilities: VulnerabilityRule | null;
}

const ofTenant = '/api/v1/tenants/{tenant}/image-policies' as const;
const most = { limit: 500 };

/** Of the tenant, the platform's among them; without one, the platform's. */
export const policiesQuery = (tenant?: string) =>
  queryOptions({
    queryKey: ['image-policies', tenant ?? null],
    queryFn: async ({ signal }) =>
      tenant === undefined
        ? (await unwrap(browserApi.GET('/api/v1/image-policies', { params: { query: most }, signal }))).items
        : (await unwrap(browserApi.GET(ofTenant, { params: { path: { tenant }, query: most }, signal }))).items,
  });

export const reportsQuery = (tenant?: string) =>
  queryOptions({
    queryKey: ['image-reports', tenant ?? null],
    queryFn: async ({ signal }) =>
      tenant === undefined
        ? (await unwrap(browserApi.GET('/api/v1/image-reports', { params: { query: most }, signal }))).items
        : (
            await unwrap(
              browserApi.GET('/api/v1/tenants/{tenant}/image-reports', {
                params: { path: { tenant }, query: most },
                signal,
              }),
            )
          ).items,
  });

export const verdictsQuery = (tenant?: string) =>
  queryOptions({
    queryKey: ['image-verdicts', tenant ?? null],
    queryFn: async ({ signal }) => {
      const query = { limit: 50 };
      return tenant === undefined
        ? (await unwrap(browserApi.GET('/api/v1/image-verdicts', { params: { query }, signal }))).items
        : (
            await unwrap(
              browserApi.GET('/api/v1/tenants/{tenant}/image-verdicts', {
                params: { path: { tenant }, query },
                signal,
              }),
            )
          ).items;
    },
  });

export const createPolicy = (tenant: string | undefined, body: Rules & { name: string }) =>
  tenant === undefined
    ? unwrap(browserApi.POST('/api/v1/image-policies', { body, headers: idempotencyKey() }))
    : unwrap(browserApi.POST(ofTenant, { params: { path: { tenant } }, body, headers: idempotencyKey() }));

export const updatePolicy = (tenant: string | undefined, policy: string, body: Rules) =>
  tenant === undefined
    ? unwrap(browserApi.PATCH('/api/v1/image-policies/{policy}', { params: { path: { policy } }, body }))
    : unwrap(browserApi.PATCH(`${ofTenant}/{policy}`, { params: { path: { tenant, policy } }, body }));

export const deletePolicy = (tenant: string | undefined, policy: string) =>
  tenant === undefined
    ? unwrap(browserApi.DELETE('/api/v1/image-policies/{policy}', { params: { path: { policy } } }))
    : unwrap(browserApi.DELETE(`${ofTenant}/{policy}`, { params: { path: { tenant, policy } } }));

export const tryPolicy = (tenant: string | undefined, { mode: _mode, ...rules }: Rules, policy?: string) => {
  const body = { ...rules, policy };
  return tenant === undefined
    ? unwrap(browserApi.POST('/api/v1/image-policies/dry-runs', { body }))
    : unwrap(browserApi.POST(`${ofTenant}/dry-runs`, { params: { path: { tenant } }, body }));
};

export interface NewExemption {
  readonly image: string;
  readonly vulnerability?: string;
  readonly reason: string;
  readonly expiresInDays: number;
}

export const exempt = (tenant: string | undefined, policy: string, body: NewExemption) =>
  tenant === undefined
    ? unwrap(
        browserApi.POST('/api/v1/image-policies/{policy}/exemptions', {
          params: { path: { policy } },
          body,
          headers: idempotencyKey(),
        }),
      )
    : unwrap(
        browserApi.POST(`${ofTenant}/{policy}/exemptions`, {
          params: { path: { tenant, policy } },
          body,
          headers: idempotencyKey(),
        }),
      );

export const endExemption = (tenant: string | undefined, policy: string, exemption: string) =>
  tenant === undefined
    ? unwrap(
        browserApi.DELETE('/api/v1/image-policies/{policy}/exemptions/{exemption}', {
          params: { path: { policy, exemption } },
        }),
      )
    : unwrap(
        browserApi.DELETE(`${ofTenant}/{policy}/exemptions/{exemption}`, {
          params: { path: { tenant, policy, exemption } },
        }),
      );
