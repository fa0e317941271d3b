import { AdminQuotasPage } from '@/features/quotas/admin-quotas-page';
import { overviewQuery } from '@/features/quotas/queries';
import { Prefetch } from '@/lib/prefetch';

export default function Page() {
  return (
    <Prefetch queries={(api) => [overviewQuery(api)]}>
      <AdminQuotasPage />
    </Prefetch>
  );
}
