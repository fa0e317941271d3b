import { RulesPage } from '@/features/audit/rules-page';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return <RulesPage tenant={tenant} />;
}
