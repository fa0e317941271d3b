import { AlertsPage } from '@/features/audit/alerts-page';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return <AlertsPage tenant={tenant} />;
}
