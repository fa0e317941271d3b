import { StreamsPage } from '@/features/audit/streams-page';

export default async function Page({ params }: { params: Promise<{ tenant: string }> }) {
  const { tenant } = await params;
  return <StreamsPage tenant={tenant} />;
}
