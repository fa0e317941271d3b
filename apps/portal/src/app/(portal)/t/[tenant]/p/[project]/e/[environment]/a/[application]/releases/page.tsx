import { releasesQuery } from '@/features/releases/queries';
import { ReleasesTab } from '@/features/releases/releases-tab';
import { rolloutsQuery } from '@/features/rollouts/queries';
import type { ApplicationRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<ApplicationRef & Record<string, string>> }) {
  const { tenant, project, environment, application } = await params;
  const ref = { tenant, project, environment, application };
  return (
    <Prefetch queries={(api) => [releasesQuery(ref, api), rolloutsQuery(ref, api)]}>
      <ReleasesTab application={ref} />
    </Prefetch>
  );
}
