'use client';
import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { type ClipboardEvent, type ReactNode, useId, useState } from 'react';
import type { EffectiveName } from '@/lib/contract';
import { Dialog } from '@/ui/dialog';
import { DiffView } from '@/ui/diff-view';
import { ErrorBox } from '@/ui/error-box';
import { Icon } from '@/ui/icon';
import { Input } from '@/ui/input';
import { Section } from '@/ui/page';
import { Time } from '@/ui/time';
import {
  type Config,
  type ConfigPatch,
  type Entry,
  parseDotenv,
  toChanges,
  toEntries,
  toPatch,
  variableName,
} from './config-edits';
import { InheritedNames, Overridden } from './inherited-names';

interface ConfigEditorProps {
  readonly title: string;
  readonly explanation: string;
  readonly actions: ReactNode;
  readonly config: Config;
  /** What counts here, of all scopes. */
  readonly effective: readonly EffectiveName[];
  readonly reviewTitle: string;
  readonly applyLabel: string;
  /** What follows from the change, for who reviews it. */
  readonly consequence: (patch: ConfigPatch) => ReactNode;
  /** Why nothing can be changed here. */
  readonly refusal?: string | undefined;
  readonly apply: (patch: ConfigPatch) => Promise<void>;
}

/** Variables and secrets of one scope; what will change is shown before it is applied. */
export function ConfigEditor(props: ConfigEditorProps) {
  const { config, effective, refusal } = props;
  const t = useTranslations('config');
  const [entries, setEntries] = useState(() => toEntries(config));
  const [isReviewing, setReviewing] = useState(false);
  const newKey = useId();
  const patch = toPatch(config, entries);
  const changes = toChanges(config, patch);
  const names = entries.filter((entry) => !entry.isRemoved && entry.name !== '').map((entry) => entry.name);
  const problemOf = (entry: Entry): string | undefined => {
    if (entry.isRemoved || entry.name === '') return undefined;
    if (!variableName.test(entry.name)) return t('badName');
    return names.filter((name) => name === entry.name).length > 1 ? t('twice') : undefined;
  };
  const isValid = entries.every((entry) => problemOf(entry) === undefined);
  const change = (key: string, to: Partial<Entry>) =>
    setEntries((current) => current.map((entry) => (entry.key === key ? { ...entry, ...to } : entry)));
  const add = (isSecret: boolean, name = '', value = '') =>
    setEntries((current) => [
      ...current,
      { key: `${newKey}:${current.length}`, name, value, isSecret, isRemoved: false },
    ]);
  const paste = (event: ClipboardEvent, entry: Entry) => {
    const lines = parseDotenv(event.clipboardData.getData('text'));
    if (lines.length < 2) return;
    event.preventDefault();
    setEntries((current) => current.filter((one) => one.key !== entry.key));
    for (const line of lines) add(entry.isSecret, line.name, line.value);
  };

  const apply = useMutation({
    mutationFn: () => props.apply(patch),
    onSuccess: () => setReviewing(false),
  });
  return (
    <Section title={props.title} actions={props.actions}>
      <p className="muted">{props.explanation}</p>
      {entries.length === 0 && <p className="muted">{t('empty')}</p>}
      <ul className="entries">
        {entries.map((entry) => (
          <li key={entry.key} className={entry.isRemoved ? 'entry entry-removed' : 'entry'}>
            <Input
              className="mono entry-name"
              aria-label={t('name')}
              value={entry.name}
              status={problemOf(entry) ? 'error' : ''}
              disabled={entry.isRemoved || entry.key.startsWith('v:') || entry.key.startsWith('s:')}
              onChange={(event) => change(entry.key, { name: event.target.value })}
              onPaste={(event) => paste(event, entry)}
              placeholder="LOG_LEVEL"
              spellCheck={false}
            />
            <Input
              className="mono entry-value"
              aria-label={t('valueOf', { name: entry.name })}
              type={entry.isSecret ? 'password' : 'text'}
              autoComplete={entry.isSecret ? 'new-password' : 'off'}
              value={entry.value ?? ''}
              disabled={entry.isRemoved}
              placeholder={
                entry.isSecret && entry.value === undefined
                  ? t('kept', { version: config.secrets[entry.name]?.version ?? 1 })
                  : ''
              }
              onChange={(event) => change(entry.key, { value: event.target.value })}
              spellCheck={false}
            />
            <span className="entry-kind muted">
              {entry.isSecret ? <SecretAge config={config} name={entry.name} /> : t('variable')}
            </span>
            <Button
              size="small"
              onClick={() => change(entry.key, { isRemoved: !entry.isRemoved })}
              aria-label={
                entry.isRemoved ? t('keepNamed', { name: entry.name }) : t('removeNamed', { name: entry.name })
              }
            >
              {entry.isRemoved ? t('keep') : t('remove')}
            </Button>
            {problemOf(entry) && <span className="field-error">{problemOf(entry)}</span>}
            <Overridden effective={effective.find(({ name }) => name === entry.name)} />
          </li>
        ))}
      </ul>
      <div className="button-row">
        <Button icon={<Icon name="plus" size={14} />} disabled={refusal !== undefined} onClick={() => add(false)}>
          {t('addVariable')}
        </Button>
        <Button icon={<Icon name="key" size={14} />} disabled={refusal !== undefined} onClick={() => add(true)}>
          {t('addSecret')}
        </Button>
        {refusal !== undefined && <span className="muted">{refusal}</span>}
        <span className="app-head-space" />
        {changes.length > 0 && <Button onClick={() => setEntries(toEntries(config))}>{t('discard')}</Button>}
        <Button
          type="primary"
          disabled={changes.length === 0 || !isValid || refusal !== undefined}
          onClick={() => setReviewing(true)}
        >
          {t('review', { count: changes.length })}
        </Button>
      </div>
      <InheritedNames
        names={effective.filter(({ name }) => !names.includes(name))}
        onOverride={
          refusal === undefined ? ({ name, kind, value }) => add(kind === 'secret', name, value ?? '') : undefined
        }
      />
      <Dialog
        open={isReviewing}
        wide
        title={props.reviewTitle}
        onClose={() => setReviewing(false)}
        footer={
          <Button type="primary" loading={apply.isPending} onClick={() => apply.mutate()}>
            {props.applyLabel}
          </Button>
        }
      >
        <DiffView changes={changes} label={props.reviewTitle} />
        {isReviewing && props.consequence(patch)}
        {apply.error ? <ErrorBox error={apply.error} /> : null}
      </Dialog>
    </Section>
  );
}

function SecretAge({ config, name }: { config: Config; name: string }) {
  const t = useTranslations('config');
  const secret = config.secrets[name];
  if (!secret) return t('secret');
  return (
    <>
      {t('secretVersion', { version: secret.version })} · <Time at={secret.updatedAt} />
    </>
  );
}
