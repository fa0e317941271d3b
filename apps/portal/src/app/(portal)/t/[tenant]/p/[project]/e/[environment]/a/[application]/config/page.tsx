import { ConfigTab } from '@/features/config/config-tab';
import { configQuery } from '@/features/config/queries';
import type { ApplicationRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<ApplicationRef & Record<string, string>> }) {
  const { tenant, project, environment, application } = await params;
  const ref = { tenant, project, environment, application };
  return (
    <Prefetch queries={(api) => [configQuery(ref, api)]}>
      <ConfigTab application={ref} />
    </Prefetch>
  );
}
