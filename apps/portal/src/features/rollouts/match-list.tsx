'use client';
import { useTranslations } from 'next-intl';
import type { RequestMatch } from '@/lib/contract';
import { conditionsOf } from './match-words';

/** Who meets the new release of an A/B test: whoever fulfils one of the lines. */
export function MatchWords({ matches }: { matches: readonly RequestMatch[] }) {
  const t = useTranslations('rolloutPage.match');
  return (
    <ul className="plain-list">
      {matches.map((match, index) => {
        const words = conditionsOf(match).map(({ on, type, name, value }) => t(`${on}.${type}`, { name, value }));
        const line = words.join(t('and'));
        return <li key={line}>{index === 0 ? line : t('or', { line })}</li>;
      })}
    </ul>
  );
}
