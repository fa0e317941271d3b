import { RobotsPage } from '@/features/robots/robots-page';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return <RobotsPage tenant={tenant} />;
}
