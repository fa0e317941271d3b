'use client';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Strategy } from '@/lib/contract';
import { Field, Select } from '@/ui/field';
import { readStrategy, type TextFormat, textFormats, writeStrategy } from './strategy-text-format';

/** The strategy as YAML or JSON, to copy or to paste. What can be read takes effect in the draft at once; the API judges it. */
export function StrategyText({ strategy, onChange }: { strategy: Strategy; onChange: (strategy: Strategy) => void }) {
  const t = useTranslations('strategy');
  const [format, setFormat] = useState<TextFormat>('YAML');
  const [typed, setTyped] = useState(() => writeStrategy(strategy, format));
  const read = readStrategy(typed, format);
  // A preset or a discarded draft replaces the text.
  const shown = read && JSON.stringify(read) === JSON.stringify(strategy) ? typed : undefined;
  const text = read ? (shown ?? writeStrategy(strategy, format)) : typed;
  return (
    <div className="stack">
      <Field label={t('format')}>
        {({ id }) => (
          <Select
            id={id}
            value={format}
            onChange={(chosen) => {
              const next = textFormats.find((one) => one === chosen) ?? 'YAML';
              setFormat(next);
              setTyped(writeStrategy(strategy, next));
            }}
            options={textFormats.map((one) => ({ value: one, label: one }))}
          />
        )}
      </Field>
      <Field label={t('text')} help={t('textHelp')} error={read ? undefined : t('badText', { format })}>
        {({ status, ...control }) => (
          <textarea
            {...control}
            className={status === 'error' ? 'text-area mono text-area-bad' : 'text-area mono'}
            rows={18}
            value={text}
            spellCheck={false}
            onChange={(event) => {
              setTyped(event.target.value);
              const next = readStrategy(event.target.value, format);
              if (next) onChange(next);
            }}
          />
        )}
      </Field>
    </div>
  );
}
