import { tenantQuery } from '@/features/tenants/queries';
import { TenantSettings } from '@/features/tenants/tenant-settings';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return (
    <Prefetch queries={(api) => [tenantQuery(tenant, api)]}>
      <TenantSettings tenant={tenant} />
    </Prefetch>
  );
}
