import { queryOptions } from '@tanstack/react-query';
import { browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { Role } from '@/lib/contract';

const invitations = '/api/v1/tenants/{tenant}/invitations';

export const invitationsKey = (tenant: string) => ['t', tenant, 'invitations'];

export const invitationsQuery = (tenant: string) =>
  queryOptions({
    queryKey: invitationsKey(tenant),
    queryFn: async ({ signal }) =>
      (await unwrap(browserApi.GET(invitations, { params: { path: { tenant }, query: { limit: 500 } }, signal })))
        .items,
  });

interface NewInvitation {
  readonly email: string;
  readonly role: Role;
  readonly project?: string;
  readonly message: string;
  readonly expiresInDays: number;
}

/** The answer holds the link, this once. */
export const invite = (tenant: string, body: NewInvitation) =>
  unwrap(browserApi.POST(invitations, { params: { path: { tenant } }, body, headers: idempotencyKey() }));

/** With a new link; the old one ends. */
export const resendInvitation = (tenant: string, invitation: string) =>
  unwrap(
    browserApi.POST(`${invitations}/{invitation}/resend`, {
      params: { path: { tenant, invitation } },
      headers: idempotencyKey(),
    }),
  );

export const revokeInvitation = (tenant: string, invitation: string) =>
  unwrap(browserApi.DELETE(`${invitations}/{invitation}`, { params: { path: { tenant, invitation } } }));
