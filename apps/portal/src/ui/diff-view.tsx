'use client';
import { useTranslations } from 'next-intl';
import type { Change } from '../lib/contract';

/** Changed values by path, the old above the new. */
export function DiffView({ changes, label }: { changes: readonly Change[]; label: string }) {
  const t = useTranslations('diff');
  if (changes.length === 0) return <p className="muted">{t('same')}</p>;
  return (
    <table className="diff" aria-label={label}>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{t('path')}</th>
          <th scope="col">{t('change')}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.path}>
            <th scope="row">
              <code>{change.path}</code>
            </th>
            <td>
              {change.before !== undefined && change.before !== null && (
                <Line sign="−" word={t('removed')} value={change.before} kind="removed" />
              )}
              {change.after !== undefined && change.after !== null && (
                <Line sign="+" word={t('added')} value={change.after} kind="added" />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Line({ sign, word, value, kind }: { sign: string; word: string; value: unknown; kind: 'added' | 'removed' }) {
  return (
    <div className={`diff-line diff-${kind}`}>
      <span aria-hidden="true">{sign}</span>
      <span className="visually-hidden">{word}</span>
      <code>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</code>
    </div>
  );
}
