import { StreamsPage } from '@/features/audit/streams-page';

export default function Page() {
  return <StreamsPage />;
}
