'use client';
import { useTranslations } from 'next-intl';
import { StatusBadge } from '@/ui/status';
import type { DryRun } from './queries';

/** Which images that run now the rules would refuse, and why. */
export function DryRunResult({ result: { items, passed } }: { result: DryRun }) {
  const t = useTranslations('imagePolicies');
  return (
    <div aria-live="polite">
      <StatusBadge
        state={items.length > 0 ? 'degraded' : 'healthy'}
        label={t('dryRun', { refused: items.length, passed })}
      />
      <ul>
        {items.map((item) => (
          <li key={`${item.tenant}/${item.project}/${item.application}/${item.environment}`}>
            <strong>
              {item.tenant}/{item.project}/{item.application}
            </strong>{' '}
            <span className="muted">
              {item.environment} · #{item.release}
            </span>
            {item.reasons.map(({ rule, message }) => (
              <div key={rule} className="break">
                {t(`rules.${rule}`)}: <span className="muted">{message}</span>
              </div>
            ))}
          </li>
        ))}
      </ul>
    </div>
  );
}
