'use client';
import { useTranslations } from 'next-intl';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { type HeaderDraft, headerSources } from './analysis-draft';
import { AddButtons, FormEntry, useNewKeys } from './form-list';

interface HeaderFieldsProps {
  readonly headers: readonly HeaderDraft[];
  /** Of the list, as the API names it. */
  readonly path: string;
  readonly onChange: (headers: readonly HeaderDraft[]) => void;
  readonly errorOf: (path: string) => string | undefined;
}

/** Headers that a request carries: values that everybody may read, or names of secrets of the application. */
export function HeaderFields({ headers, path, onChange, errorOf }: HeaderFieldsProps) {
  const t = useTranslations('analysisForm');
  const nextKey = useNewKeys();
  const change = (key: string, part: Partial<HeaderDraft>) =>
    onChange(headers.map((header) => (header.key === key ? { ...header, ...part } : header)));
  return (
    <div className="stack">
      {headers.map((header, index) => (
        <FormEntry
          key={header.key}
          label={t('header', { number: index + 1 })}
          removeLabel={t('removeHeader', { number: index + 1 })}
          onRemove={() => onChange(headers.filter(({ key }) => key !== header.key))}
        >
          <div className="form-row">
            <Field label={t('headerName')} error={errorOf(`${path}.${index}.key`) ?? errorOf(`${path}.${index}`)}>
              {(control) => (
                <Input
                  {...control}
                  className="mono"
                  value={header.name}
                  spellCheck={false}
                  onChange={(event) => change(header.key, { name: event.target.value })}
                />
              )}
            </Field>
            <Field label={t('headerFrom')}>
              {({ id }) => (
                <Select
                  id={id}
                  value={header.from}
                  onChange={(chosen) => change(header.key, { from: headerSources.find((one) => one === chosen) })}
                  options={headerSources.map((one) => ({ value: one, label: t(`headerSources.${one}`) }))}
                />
              )}
            </Field>
            <Field
              label={t(header.from === 'secret' ? 'headerSecret' : 'headerValue')}
              error={errorOf(`${path}.${index}.${header.from}`)}
            >
              {(control) => (
                <Input
                  {...control}
                  className="mono"
                  value={header.text}
                  spellCheck={false}
                  autoComplete="off"
                  onChange={(event) => change(header.key, { text: event.target.value })}
                />
              )}
            </Field>
          </div>
        </FormEntry>
      ))}
      <AddButtons
        buttons={[
          {
            label: t('addHeader'),
            onAdd: () => onChange([...headers, { key: nextKey(), name: '', from: 'value', text: '' }]),
          },
        ]}
      />
    </div>
  );
}
