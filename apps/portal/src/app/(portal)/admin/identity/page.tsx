import { IdentityPage } from '@/features/identity/identity-page';
import { getConfig } from '@/lib/config';

export default function Page() {
  return <IdentityPage apiUrl={getConfig().apiUrl} />;
}
