import { ApplicationsPage } from '@/features/applications/applications-page';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return <ApplicationsPage tenant={tenant} />;
}
