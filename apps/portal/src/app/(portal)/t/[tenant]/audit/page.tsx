import { AuditPage } from '@/features/audit/audit-page';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return <AuditPage tenant={tenant} />;
}
