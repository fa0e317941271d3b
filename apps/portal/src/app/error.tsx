'use client';
import { useTranslations } from 'next-intl';
import { ErrorBox } from '@/ui/error-box';

export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  const t = useTranslations('error');
  return (
    <main className="main main-alone">
      <ErrorBox
        error={error}
        action={
          <button type="button" className="link-button" onClick={reset}>
            {t('again')}
          </button>
        }
      />
    </main>
  );
}
