import { RequestsPage } from '@/features/requests/requests-page';

export default function Page() {
  return <RequestsPage fallback="to-decide" />;
}
