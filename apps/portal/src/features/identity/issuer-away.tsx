'use client';
import { useTranslations } from 'next-intl';
import { Mark } from '@/features/shell/mark';

/** Instead of a page, while nobody can be recognized: the address stays, so that trying again leads on. */
export function IssuerAway() {
  const t = useTranslations('signedOut');
  return (
    <main className="gate" role="alert">
      <Mark size={40} />
      <h1>{t('problems.issuer-unreachable.title')}</h1>
      <p className="muted">{t('problems.issuer-unreachable.text')}</p>
      <button type="button" className="link-button link-button-primary" onClick={() => window.location.reload()}>
        {t('again')}
      </button>
    </main>
  );
}
