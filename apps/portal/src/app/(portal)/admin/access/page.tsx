import { PlatformAccessPage } from '@/features/access/platform-access-page';

export default function Page() {
  return <PlatformAccessPage />;
}
