import { RequestsPage } from '@/features/requests/requests-page';

export default function Page() {
  return (
    <main id="content" className="main main-alone" tabIndex={-1}>
      <RequestsPage fallback="mine" />
    </main>
  );
}
