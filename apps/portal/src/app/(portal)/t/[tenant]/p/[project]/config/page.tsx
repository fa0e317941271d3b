import { ProjectConfigPage } from '@/features/config/project-config-page';
import type { ProjectRef } from '@/lib/paths';

export default async function Page({ params }: { params: Promise<ProjectRef & Record<string, string>> }) {
  const { tenant, project } = await params;
  return <ProjectConfigPage tenant={tenant} project={project} />;
}
