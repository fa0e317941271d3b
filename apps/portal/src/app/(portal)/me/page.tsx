import { MePage } from '@/features/identity/me-page';
import { tokensQuery } from '@/features/identity/queries';
import { getConfig } from '@/lib/config';
import { Prefetch } from '@/lib/prefetch';

export default function Page() {
  return (
    <Prefetch queries={(api) => [tokensQuery(api)]}>
      <MePage apiUrl={getConfig().apiUrl} />
    </Prefetch>
  );
}
