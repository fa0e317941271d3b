import { DomainsTab } from '@/features/domains/domains-tab';
import { domainsQuery } from '@/features/domains/queries';
import type { ApplicationRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<ApplicationRef & Record<string, string>> }) {
  const { tenant, project, environment, application } = await params;
  const ref = { tenant, project, environment, application };
  return (
    <Prefetch queries={(api) => [domainsQuery(ref, api)]}>
      <DomainsTab application={ref} />
    </Prefetch>
  );
}
