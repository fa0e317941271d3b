import { applicationsQuery } from '@/features/applications/queries';
import { ProjectPage } from '@/features/projects/project-page';
import { environmentsQuery } from '@/features/projects/queries';
import type { ProjectRef } from '@/lib/paths';
import { Prefetch } from '@/lib/prefetch';

export default async function Page({ params }: { params: Promise<ProjectRef & Record<string, string>> }) {
  const { tenant, project } = await params;
  return (
    <Prefetch
      queries={(api) => [applicationsQuery({ tenant, project }, api), environmentsQuery({ tenant, project }, api)]}
    >
      <ProjectPage tenant={tenant} project={project} />
    </Prefetch>
  );
}
