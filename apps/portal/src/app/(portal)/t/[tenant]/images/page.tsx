import { ImagesPage } from '@/features/repositories/images-page';
import { repositoriesQuery } from '@/features/repositories/queries';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return (
    <Prefetch queries={(api) => [repositoriesQuery(tenant, api)]}>
      <ImagesPage tenant={tenant} />
    </Prefetch>
  );
}
