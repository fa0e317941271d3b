import { RulesPage } from '@/features/audit/rules-page';

export default function Page() {
  return <RulesPage />;
}
