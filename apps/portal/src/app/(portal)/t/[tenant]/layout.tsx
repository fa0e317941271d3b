import type { ReactNode } from 'react';
import { projectsQuery } from '@/features/projects/queries';
import { TenantFrame } from '@/features/tenants/tenant-frame';
import { Prefetch } from '@/lib/prefetch';

export default async function TenantLayout({
  params,
  children,
}: {
  params: Promise<{ tenant: string }>;
  children: ReactNode;
}) {
  const { tenant } = await params;
  return (
    <Prefetch queries={(api) => [projectsQuery(tenant, api)]}>
      <TenantFrame tenant={tenant}>{children}</TenantFrame>
    </Prefetch>
  );
}
