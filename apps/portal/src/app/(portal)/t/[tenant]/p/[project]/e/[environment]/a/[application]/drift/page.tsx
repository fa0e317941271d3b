import { DriftPage } from '@/features/drift/drift-page';
import { driftQuery } from '@/features/drift/queries';
import type { ApplicationRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<ApplicationRef & Record<string, string>> }) {
  const { tenant, project, environment, application } = await params;
  const ref = { tenant, project, environment, application };
  return (
    <Prefetch queries={(api) => [driftQuery(ref, api)]}>
      <DriftPage application={ref} />
    </Prefetch>
  );
}
