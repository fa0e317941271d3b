import Link from 'next/link';
import { getTranslations } from 'next-intl/server';
import { Mark } from '@/features/shell/mark';

export default async function NotFound() {
  const t = await getTranslations('notFound');
  return (
    <main className="gate">
      <Mark size={40} />
      <h1>{t('title')}</h1>
      <p className="muted">{t('text')}</p>
      <Link href="/?choose=1" className="link-button link-button-primary">
        {t('home')}
      </Link>
    </main>
  );
}
