import { applicationsQuery } from '@/features/applications/queries';
import { ProjectPage } from '@/features/projects/project-page';
import { environmentsQuery } from '@/features/projects/queries';
import type { EnvironmentRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<EnvironmentRef & Record<string, string>> }) {
  const { tenant, project, environment } = await params;
  return (
    <Prefetch
      queries={(api) => [applicationsQuery({ tenant, project }, api), environmentsQuery({ tenant, project }, api)]}
    >
      <ProjectPage tenant={tenant} project={project} environment={environment} />
    </Prefetch>
  );
}
