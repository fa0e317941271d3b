'use client';
import { useTranslations } from 'next-intl';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { AddButtons, FormEntry, ListError, useNewKeys } from './form-list';
import {
  bearsRefusals,
  hookTypes,
  isAskedAgain,
  type MetadataDraft,
  newHook,
  type WebhookDraft,
} from './webhook-draft';

interface WebhookListProps {
  readonly hooks: readonly WebhookDraft[];
  readonly onChange: (hooks: readonly WebhookDraft[]) => void;
  readonly errorOf: (path: string) => string | undefined;
}

/** Who is asked or told by HTTP as the release goes on. */
export function WebhookList({ hooks, onChange, errorOf }: WebhookListProps) {
  const t = useTranslations('strategy.webhooks');
  const nextKey = useNewKeys();
  return (
    <div className="stack">
      <span className="field-label">{t('title')}</span>
      <p className="muted">{t('explanation')}</p>
      {hooks.map((hook, index) => (
        <FormEntry
          key={hook.key}
          label={t('hook', { number: index + 1 })}
          removeLabel={t('remove', { number: index + 1 })}
          onRemove={() => onChange(hooks.filter(({ key }) => key !== hook.key))}
        >
          <HookFields
            hook={hook}
            number={index + 1}
            path={`strategy.webhooks.${index}`}
            onChange={(part) => onChange(hooks.map((one) => (one.key === hook.key ? { ...one, ...part } : one)))}
            errorOf={errorOf}
          />
        </FormEntry>
      ))}
      <ListError message={errorOf('strategy.webhooks')} />
      <AddButtons buttons={[{ label: t('add'), onAdd: () => onChange([...hooks, newHook(nextKey())]) }]} />
    </div>
  );
}

interface HookFieldsProps {
  readonly hook: WebhookDraft;
  readonly number: number;
  /** Its path in the strategy, as the API names it. */
  readonly path: string;
  readonly onChange: (part: Partial<WebhookDraft>) => void;
  readonly errorOf: (path: string) => string | undefined;
}

type TextKey = 'name' | 'url' | 'timeout' | 'interval' | 'failureLimit';

function HookFields({ hook, number, path, onChange, errorOf }: HookFieldsProps) {
  const t = useTranslations('strategy.webhooks');
  const text = (key: TextKey, placeholder?: string) => (
    <Field label={t(key)} error={errorOf(`${path}.${key}`)}>
      {(control) => (
        <Input
          {...control}
          className="mono"
          value={hook[key]}
          placeholder={placeholder}
          spellCheck={false}
          onChange={(event) => onChange({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <>
      <div className="form-row">
        <Field label={t('type')} help={t(`explanations.${hook.type}`)}>
          {({ id, 'aria-describedby': describedBy }) => (
            <Select
              id={id}
              aria-describedby={describedBy}
              value={hook.type}
              onChange={(chosen) => onChange({ type: hookTypes.find((one) => one === chosen) })}
              options={hookTypes.map((one) => ({ value: one, label: t(`types.${one}`) }))}
            />
          )}
        </Field>
        {text('name')}
      </div>
      {text('url', 'https://hooks.example.com/')}
      <div className="form-row">
        {text('timeout', '10s')}
        {isAskedAgain(hook.type) && text('interval', '10s')}
        {bearsRefusals(hook.type) && text('failureLimit', '0')}
      </div>
      <MetadataFields
        metadata={hook.metadata}
        number={number}
        path={`${path}.metadata`}
        onChange={(metadata) => onChange({ metadata })}
        errorOf={errorOf}
      />
      <ListError message={errorOf(path)} />
    </>
  );
}

interface MetadataFieldsProps {
  readonly metadata: readonly MetadataDraft[];
  readonly number: number;
  readonly path: string;
  readonly onChange: (metadata: readonly MetadataDraft[]) => void;
  readonly errorOf: (path: string) => string | undefined;
}

/** What the hook is told beside the release. */
function MetadataFields({ metadata, number, path, onChange, errorOf }: MetadataFieldsProps) {
  const t = useTranslations('strategy.webhooks');
  const nextKey = useNewKeys();
  const change = (key: string, part: Partial<MetadataDraft>) =>
    onChange(metadata.map((pair) => (pair.key === key ? { ...pair, ...part } : pair)));
  return (
    <div className="stack">
      {metadata.map((pair, index) => (
        <FormEntry
          key={pair.key}
          label={t('pair', { number: `${number}.${index + 1}` })}
          removeLabel={t('removePair', { number: `${number}.${index + 1}` })}
          onRemove={() => onChange(metadata.filter(({ key }) => key !== pair.key))}
        >
          <div className="form-row">
            <Field label={t('metadataName')} error={errorOf(`${path}.${index}`) ?? errorOf(`${path}.${pair.name}`)}>
              {(control) => (
                <Input
                  {...control}
                  className="mono"
                  value={pair.name}
                  spellCheck={false}
                  onChange={(event) => change(pair.key, { name: event.target.value })}
                />
              )}
            </Field>
            <Field label={t('metadataValue')}>
              {(control) => (
                <Input
                  {...control}
                  className="mono"
                  value={pair.value}
                  spellCheck={false}
                  onChange={(event) => change(pair.key, { value: event.target.value })}
                />
              )}
            </Field>
          </div>
        </FormEntry>
      ))}
      <AddButtons
        buttons={[
          { label: t('addPair'), onAdd: () => onChange([...metadata, { key: nextKey(), name: '', value: '' }]) },
        ]}
      />
    </div>
  );
}
