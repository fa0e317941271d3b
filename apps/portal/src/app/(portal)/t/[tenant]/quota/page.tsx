import { quotaQuery } from '@/features/quotas/queries';
import { QuotaPage } from '@/features/quotas/quota-page';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return (
    <Prefetch queries={(api) => [quotaQuery({ tenant }, api)]}>
      <QuotaPage tenant={tenant} />
    </Prefetch>
  );
}
