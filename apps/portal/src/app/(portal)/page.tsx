import { redirect } from 'next/navigation';
import { TenantChooser } from '@/features/tenants/tenant-chooser';
import { unwrap } from '@/lib/api';
import type { Me } from '@/lib/contract';
import { toTenant } from '@/lib/paths';
import { findServerApi } from '@/lib/server-api';

/** Whoever belongs to one tenant goes straight there, unless they asked to choose. */
export default async function HomePage({ searchParams }: { searchParams: Promise<{ choose?: string }> }) {
  const { choose } = await searchParams;
  if (!choose) {
    const api = await findServerApi();
    const me = api ? await unwrap<Me>(api.GET('/api/v1/me')).catch(() => undefined) : undefined;
    const [only, ...others] = me?.memberships ?? [];
    if (only && others.length === 0) redirect(toTenant(only.tenant));
  }
  return <TenantChooser />;
}
