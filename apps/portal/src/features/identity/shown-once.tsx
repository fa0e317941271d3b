import { useTranslations } from 'next-intl';
import { CodeBlock } from '@/ui/copy';

/** A token that was made just now, and is not shown again. */
export function ShownOnce({ token }: { token: string }) {
  const t = useTranslations('me');
  return (
    <div className="stack">
      <p role="status">{t('once')}</p>
      <CodeBlock code={token} />
    </div>
  );
}
