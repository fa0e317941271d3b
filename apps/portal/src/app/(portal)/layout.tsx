import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import type { ReactNode } from 'react';
import { IssuerAway } from '@/features/identity/issuer-away';
import { meQuery } from '@/features/identity/queries';
import { Shell } from '@/features/shell/shell';
import { tenantsQuery } from '@/features/tenants/queries';
import { IssuerUnreachable } from '@/lib/oidc';
import { Prefetch } from '@/lib/prefetch';
import { findAccessToken } from '@/lib/session';

export default async function PortalLayout({ children }: { children: ReactNode }) {
  const token = await findAccessToken().catch((error: unknown) => {
    if (error instanceof IssuerUnreachable) return null;
    throw error;
  });
  if (token === null) return <IssuerAway />;
  if (!token) {
    const path = (await headers()).get('x-slipway-path') ?? '/';
    redirect(`/auth/login?returnTo=${encodeURIComponent(path)}`);
  }
  return (
    <Prefetch queries={(api) => [meQuery(api), tenantsQuery(api)]}>
      <Shell>{children}</Shell>
    </Prefetch>
  );
}
