import { BlueprintsPage } from '@/features/blueprints/blueprints-page';

export default function Page() {
  return <BlueprintsPage />;
}
