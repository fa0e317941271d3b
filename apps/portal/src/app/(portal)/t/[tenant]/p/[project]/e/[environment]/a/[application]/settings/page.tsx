import { applicationQuery } from '@/features/applications/queries';
import { SettingsTab } from '@/features/applications/settings-tab';
import type { ApplicationRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<ApplicationRef & Record<string, string>> }) {
  const { tenant, project, environment, application } = await params;
  const ref = { tenant, project, environment, application };
  return (
    <Prefetch queries={(api) => [applicationQuery(ref, api)]}>
      <SettingsTab application={ref} />
    </Prefetch>
  );
}
