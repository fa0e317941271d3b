import { FreezesPage } from '@/features/freezes/freezes-page';

export default function Page() {
  return <FreezesPage />;
}
