import { AlertsPage } from '@/features/audit/alerts-page';

export default function Page() {
  return <AlertsPage />;
}
