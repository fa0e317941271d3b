import { clustersQuery } from '@/features/clusters/queries';
import { AdminOverview } from '@/features/shell/admin-overview';
import { usersQuery } from '@/features/users/queries';
import { Prefetch } from '@/lib/prefetch';

export default function Page() {
  return (
    <Prefetch queries={(api) => [usersQuery(api), clustersQuery(api)]}>
      <AdminOverview />
    </Prefetch>
  );
}
