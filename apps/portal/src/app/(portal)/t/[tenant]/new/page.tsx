import { NewApplicationPage } from '@/features/applications/new-application-page';

export default async function Page({
  params,
  searchParams,
}: {
  params: Promise<{ tenant: string }>;
  searchParams: Promise<{ project?: string }>;
}) {
  const { tenant } = await params;
  const { project } = await searchParams;
  return <NewApplicationPage tenant={tenant} project={project} />;
}
