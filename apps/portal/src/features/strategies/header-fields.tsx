'use client';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useId, useRef } from 'react';
import { Field, Select } from '@/ui/field';
import { Icon } from '@/ui/icon';
import { Input } from '@/ui/input';
import { type HeaderDraft, headerSources } from './analysis-draft';

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
  const prefix = useId();
  const count = useRef(0);
  const change = (key: string, part: Partial<HeaderDraft>) =>
    onChange(headers.map((header) => (header.key === key ? { ...header, ...part } : header)));
  const add = () => {
    count.current += 1;
    onChange([...headers, { key: `${prefix}${count.current}`, name: '', from: 'value', text: '' }]);
  };
  return (
    <div className="stack">
      {headers.map((header, index) => (
        <fieldset key={header.key} className="metric-form">
          <legend className="visually-hidden">{t('header', { number: index + 1 })}</legend>
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
          <button
            type="button"
            className="icon-button metric-remove"
            aria-label={t('removeHeader', { number: index + 1 })}
            onClick={() => onChange(headers.filter(({ key }) => key !== header.key))}
          >
            <Icon name="close" size={13} />
          </button>
        </fieldset>
      ))}
      <div className="button-row">
        <Button size="small" icon={<Icon name="plus" size={13} />} onClick={add}>
          {t('addHeader')}
        </Button>
      </div>
    </div>
  );
}
