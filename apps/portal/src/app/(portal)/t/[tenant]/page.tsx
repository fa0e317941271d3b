import { tenantQuery } from '@/features/tenants/queries';
import { TenantOverview } from '@/features/tenants/tenant-overview';
import { Prefetch } from '@/lib/prefetch';

export default async function TenantPage({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return (
    <Prefetch queries={(api) => [tenantQuery(tenant, api)]}>
      <TenantOverview tenant={tenant} />
    </Prefetch>
  );
}
