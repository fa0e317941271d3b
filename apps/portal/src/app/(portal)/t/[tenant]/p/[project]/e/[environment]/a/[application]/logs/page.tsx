import { LogsTab } from '@/features/pods/logs-tab';
import { podsQuery } from '@/features/pods/queries';
import type { ApplicationRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<ApplicationRef & Record<string, string>> }) {
  const { tenant, project, environment, application } = await params;
  const ref = { tenant, project, environment, application };
  return (
    <Prefetch queries={(api) => [podsQuery(ref, api)]}>
      <LogsTab application={ref} />
    </Prefetch>
  );
}
