import { TrainsPage } from '@/features/trains/trains-page';
import type { ProjectRef } from '@/lib/paths';

export default async function Page({ params }: { params: Promise<ProjectRef & Record<string, string>> }) {
  const { tenant, project } = await params;
  return <TrainsPage tenant={tenant} project={project} />;
}
