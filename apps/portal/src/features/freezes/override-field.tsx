'use client';
import { useQuery } from '@tanstack/react-query';
import { useLocale, useTranslations } from 'next-intl';
import { formatMoment } from '@/lib/format';
import type { ApplicationRef } from '@/lib/paths';
import { Field } from '@/ui/field';
import { Input } from '@/ui/input';
import { freezeCheckQuery } from './queries';

interface OverrideFieldProps {
  readonly application: ApplicationRef;
  readonly isRollback?: boolean;
  readonly value: string;
  readonly onChange: (reason: string) => void;
}

/** Where a freeze is on: the reason to roll out nevertheless, and what becomes of it. Shows nothing otherwise. */
export function OverrideField({ application, isRollback = false, value, onChange }: OverrideFieldProps) {
  const t = useTranslations('freezes');
  const locale = useLocale();
  const check = useQuery(freezeCheckQuery(application)).data;
  const [freeze] = check?.freezes ?? [];
  if (!check || !freeze?.current) return null;
  const words = { name: freeze.name, reason: freeze.reason, time: formatMoment(freeze.current.until, locale) };
  return (
    <div className="stack">
      <p className="warn break">{t('inForce', words)}</p>
      {isRollback && check.freezes.every(({ allowRollback }) => allowRollback) ? (
        <p className="muted">{t('rollbackOpen')}</p>
      ) : (
        <Field label={t('overrideReason')} help={t(check.canOverride ? 'overrideHelp' : 'askHelp')}>
          {(control) => <Input {...control} value={value} onChange={(event) => onChange(event.target.value)} />}
        </Field>
      )}
    </div>
  );
}

/** Is a freeze on that asks for a reason first? */
export function useNeedsReason(application: ApplicationRef, isRollback = false): boolean {
  const check = useQuery(freezeCheckQuery(application)).data;
  return check?.freezes.some(({ allowRollback }) => !(isRollback && allowRollback)) ?? false;
}
