import { InvitationPage } from '@/features/onboarding/invitation-page';

export default function Page() {
  return (
    <main id="content" className="main main-alone" tabIndex={-1}>
      <InvitationPage />
    </main>
  );
}
