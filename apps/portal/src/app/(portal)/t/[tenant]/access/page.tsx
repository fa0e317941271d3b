import { AccessPage } from '@/features/tenants/access-page';
import { membersQuery } from '@/features/tenants/queries';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return (
    <Prefetch queries={(api) => [membersQuery(tenant, api)]}>
      <AccessPage tenant={tenant} />
    </Prefetch>
  );
}
