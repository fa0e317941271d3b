import { ClustersPage } from '@/features/clusters/clusters-page';
import { clustersQuery } from '@/features/clusters/queries';
import { Prefetch } from '@/lib/prefetch';

export default function Page() {
  return (
    <Prefetch queries={(api) => [clustersQuery(api)]}>
      <ClustersPage />
    </Prefetch>
  );
}
