import { AccessPage } from '@/features/access/access-page';
import { membersQuery } from '@/features/access/queries';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return (
    <Prefetch queries={(api) => [membersQuery({ tenant }, api)]}>
      <AccessPage tenant={tenant} />
    </Prefetch>
  );
}
