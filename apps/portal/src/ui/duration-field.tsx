'use client';
import { useTranslations } from 'next-intl';
import { Field, Select } from './field';

const choices = ['0', '1', '7', '30', '90'] as const;

/** For how many days something is asked; `0` is for good. What is asked for a time returns by itself. */
export function DurationField({ days, onChange }: { days: string; onChange: (days: string) => void }) {
  const t = useTranslations('duration');
  return (
    <Field label={t('label')}>
      {({ id }) => (
        <Select
          id={id}
          value={days}
          onChange={onChange}
          options={choices.map((value) => ({
            value,
            label: value === '0' ? t('forEver') : t('forDays', { count: Number(value) }),
          }))}
        />
      )}
    </Field>
  );
}
