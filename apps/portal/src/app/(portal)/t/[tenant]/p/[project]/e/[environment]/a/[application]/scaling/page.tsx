import { scalingQuery } from '@/features/applications/queries';
import { ScalingTab } from '@/features/applications/scaling-tab';
import type { ApplicationRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<ApplicationRef & Record<string, string>> }) {
  const { tenant, project, environment, application } = await params;
  const ref = { tenant, project, environment, application };
  return (
    <Prefetch queries={(api) => [scalingQuery(ref, api)]}>
      <ScalingTab application={ref} />
    </Prefetch>
  );
}
