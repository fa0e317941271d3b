import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import type { ReactNode } from 'react';
import { meQuery } from '@/features/identity/queries';
import { Shell } from '@/features/shell/shell';
import { tenantsQuery } from '@/features/tenants/queries';
import { Prefetch } from '@/lib/prefetch';
import { findAccessToken } from '@/lib/session';

export default async function PortalLayout({ children }: { children: ReactNode }) {
  if (!(await findAccessToken())) {
    const path = (await headers()).get('x-slipway-path') ?? '/';
    redirect(`/auth/login?returnTo=${encodeURIComponent(path)}`);
  }
  return (
    <Prefetch queries={(api) => [meQuery(api), tenantsQuery(api)]}>
      <Shell>{children}</Shell>
    </Prefetch>
  );
}
