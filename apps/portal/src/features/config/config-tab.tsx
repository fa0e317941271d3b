'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { type ClipboardEvent, useId, useState } from 'react';
import { applicationKey } from '@/features/applications/queries';
import { toCli } from '@/lib/cli';
import type { Config } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { Dialog } from '@/ui/dialog';
import { DiffView } from '@/ui/diff-view';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Icon } from '@/ui/icon';
import { Input } from '@/ui/input';
import { Section } from '@/ui/page';
import { Time } from '@/ui/time';
import { type Entry, parseDotenv, toChanges, toEntries, toPatch, variableName } from './config-edits';
import { applyConfig, configQuery } from './queries';

export function ConfigTab({ application: ref }: { application: ApplicationRef }) {
  const config = useQuery(configQuery(ref));
  if (config.error && !config.data) return <ErrorBox error={config.error} />;
  if (!config.data) return null;
  // A new version begins the edit anew.
  return <ConfigEditor key={config.data.version} application={ref} config={config.data} />;
}

/** Variables and secrets of one environment; what will change is shown before it is applied. */
function ConfigEditor({ application: ref, config }: { application: ApplicationRef; config: Config }) {
  const t = useTranslations('config');
  const announce = useAnnounce();
  const client = useQueryClient();
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
    mutationFn: () => applyConfig(ref, patch),
    onSuccess: async () => {
      setReviewing(false);
      announce(t('applied'));
      await client.invalidateQueries({ queryKey: applicationKey(ref) });
    },
  });
  const base = `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/environments/${ref.environment}/config`;
  return (
    <Section
      title={t('title')}
      actions={
        <Equivalents
          items={[
            { title: t('title'), cli: toCli('config get', ref), api: `GET ${base}` },
            {
              title: t('change'),
              cli: toCli('config set LOG_LEVEL=debug', ref),
              api: `PATCH ${base}\n{"variables":{"LOG_LEVEL":"debug"}}`,
            },
          ]}
        />
      }
    >
      <p className="muted">{t('explanation')}</p>
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
          </li>
        ))}
      </ul>
      <div className="button-row">
        <Button icon={<Icon name="plus" size={14} />} onClick={() => add(false)}>
          {t('addVariable')}
        </Button>
        <Button icon={<Icon name="key" size={14} />} onClick={() => add(true)}>
          {t('addSecret')}
        </Button>
        <span className="app-head-space" />
        {changes.length > 0 && <Button onClick={() => setEntries(toEntries(config))}>{t('discard')}</Button>}
        <Button type="primary" disabled={changes.length === 0 || !isValid} onClick={() => setReviewing(true)}>
          {t('review', { count: changes.length })}
        </Button>
      </div>
      <Dialog
        open={isReviewing}
        wide
        title={t('reviewTitle', { environment: ref.environment })}
        onClose={() => setReviewing(false)}
        footer={
          <Button type="primary" loading={apply.isPending} onClick={() => apply.mutate()}>
            {t('apply', { environment: ref.environment })}
          </Button>
        }
      >
        <DiffView changes={changes} label={t('reviewTitle', { environment: ref.environment })} />
        <p className="muted">{t('consequence', { environment: ref.environment })}</p>
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
