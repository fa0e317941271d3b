import { NamespacesPage } from '@/features/adoptions/namespaces-page';
import { adoptionsQuery, namespacesQuery } from '@/features/adoptions/queries';
import { Prefetch } from '@/lib/prefetch';

export default function Page() {
  return (
    <Prefetch queries={(api) => [namespacesQuery(api), adoptionsQuery(api)]}>
      <NamespacesPage />
    </Prefetch>
  );
}
