import { BuildsTab } from '@/features/builds/builds-tab';
import { buildsQuery } from '@/features/builds/queries';
import type { ApplicationRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<ApplicationRef & Record<string, string>> }) {
  const { tenant, project, environment, application } = await params;
  const ref = { tenant, project, environment, application };
  return (
    <Prefetch queries={(api) => [buildsQuery(ref, api)]}>
      <BuildsTab application={ref} />
    </Prefetch>
  );
}
