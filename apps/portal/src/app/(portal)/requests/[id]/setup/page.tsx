import { SetupPage } from '@/features/onboarding/setup-page';

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <main id="content" className="main main-alone" tabIndex={-1}>
      <SetupPage request={id} />
    </main>
  );
}
