import { FreezesPage } from '@/features/freezes/freezes-page';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return <FreezesPage tenant={tenant} />;
}
