'use client';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import type { EffectiveName } from '@/lib/contract';

type Origin = Pick<EffectiveName, 'scope' | 'owner'>;

/** What outer scopes say and this one does not: the nearest counts. */
export function InheritedNames({
  names,
  onOverride,
}: {
  names: readonly EffectiveName[];
  onOverride: ((name: EffectiveName) => void) | undefined;
}) {
  const t = useTranslations('config');
  const originOf = useOrigin();
  if (names.length === 0) return null;
  return (
    <>
      <h3 className="entries-title">{t('inherited')}</h3>
      <p className="muted">{t('inheritedHelp')}</p>
      <ul className="entries" aria-label={t('inherited')}>
        {names.map((inherited) => (
          <li key={inherited.name} className="entry">
            <code>{inherited.name}</code>
            {inherited.kind === 'secret' ? (
              <span className="muted">{t('secretVersion', { version: inherited.version ?? 1 })}</span>
            ) : (
              <code className="entry-value">{inherited.value}</code>
            )}
            <span className="entry-kind muted">{originOf(inherited)}</span>
            {onOverride && (
              <Button
                size="small"
                onClick={() => onOverride(inherited)}
                aria-label={t('overrideNamed', { name: inherited.name })}
              >
                {t('override')}
              </Button>
            )}
            <Overridden effective={inherited} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** Which outer scope says something of the name that does not count. */
export function Overridden({ effective }: { effective: EffectiveName | undefined }) {
  const t = useTranslations('config');
  const originOf = useOrigin();
  if (!effective || effective.shadows.length === 0) return null;
  const origins = effective.shadows.map(originOf).join(', ');
  return <span className="entry-note muted">{t('insteadOf', { origins })}</span>;
}

function useOrigin(): (origin: Origin) => string {
  const t = useTranslations('config');
  return ({ scope, owner }) => t(`of.${scope}`, { owner });
}
