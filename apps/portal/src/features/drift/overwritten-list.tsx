import { useTranslations } from 'next-intl';
import type { DriftItem } from '@/lib/contract';
import { keyOf, nameOf, toValueText } from './drift-state';

/** What putting it back overwrites: live → released, one line each. */
export function OverwrittenList({ items }: { items: readonly DriftItem[] }) {
  const t = useTranslations('drift');
  const toText = (value: unknown) => toValueText(value)?.replace(/\s+/g, ' ') ?? t('nothing');
  return (
    <ul className="drift-overwritten" aria-label={t('overwritten')}>
      {items.map((item) => (
        <li key={keyOf(item)}>
          <code className="strong">{nameOf(item)}</code>{' '}
          {item.change === 'deleted' ? (
            t('madeAgain')
          ) : (
            <>
              <code>{item.path}</code>{' '}
              {!item.isHidden && (
                <>
                  <code className="drift-live">{toText(item.found)}</code> → <code>{toText(item.wanted)}</code>
                </>
              )}
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
