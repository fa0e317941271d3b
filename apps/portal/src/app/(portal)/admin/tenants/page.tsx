import { AdminTenants } from '@/features/tenants/admin-tenants';
import { tenantsQuery } from '@/features/tenants/queries';
import { Prefetch } from '@/lib/prefetch';

export default function Page() {
  return (
    <Prefetch queries={(api) => [tenantsQuery(api)]}>
      <AdminTenants />
    </Prefetch>
  );
}
