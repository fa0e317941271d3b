import { getTranslations } from 'next-intl/server';
import { Mark } from '@/features/shell/mark';
import { toReturnPath } from '@/lib/return-to';

const problems = ['issuer-unreachable', 'sign-in-expired', 'sign-in-failed'] as const;

export default async function SignedOutPage({
  searchParams,
}: {
  searchParams: Promise<{ problem?: string; returnTo?: string }>;
}) {
  const t = await getTranslations('signedOut');
  const { problem: asked, returnTo } = await searchParams;
  const problem = problems.find((one) => one === asked);
  return (
    <main className="gate">
      <Mark size={40} />
      <h1>{problem ? t(`problems.${problem}.title`) : t('title')}</h1>
      <p className="muted">{problem ? t(`problems.${problem}.text`) : t('text')}</p>
      {/* A route, not a page: the router must not load it ahead. */}
      <a
        className="link-button link-button-primary"
        href={`/auth/login?returnTo=${encodeURIComponent(toReturnPath(returnTo))}`}
      >
        {t('signIn')}
      </a>
    </main>
  );
}
