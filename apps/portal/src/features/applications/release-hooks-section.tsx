'use client';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useMay } from '@/features/identity/use-may';
import { toCli } from '@/lib/cli';
import type { Application } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { useAnnounce } from '@/ui/announcer';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { Section } from '@/ui/page';
import { applicationKey, updateApplication } from './queries';
import { type HooksForm, hooksSchema, pathsOf, toHooks, toHooksForm } from './release-hooks.form';

const beforeKinds = ['none', 'command'] as const;
const afterKinds = ['none', 'command', 'probe'] as const;

/** What a release wants done before its rollout and after it. Counts from the next release on. */
export function ReleaseHooksSection({
  application,
  reference: ref,
}: {
  application: Application;
  reference: ApplicationRef;
}) {
  const t = useTranslations('releaseHooks');
  const announce = useAnnounce();
  const client = useQueryClient();
  const initial = toHooksForm(application.hooks);
  const form = useForm<HooksForm>(hooksSchema, initial, useValidation(), Object.values(pathsOf));
  const mayChange = useMay(ref)('applications:write');
  const { values } = form;
  const isChanged = JSON.stringify(toHooks(values)) !== JSON.stringify(toHooks(initial));
  const send = () =>
    form.submit(async (typed) => {
      await updateApplication(ref, { hooks: toHooks(typed) });
      await client.invalidateQueries({ queryKey: applicationKey(ref) });
      announce(t('saved'));
    });
  const field = (name: keyof typeof pathsOf, label: string, placeholder: string, help?: string) => (
    <Field label={label} help={help} error={form.errorOf(name) ?? form.errorOf(pathsOf[name])}>
      {(control) => (
        <Input
          {...control}
          className="mono"
          value={values[name]}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => form.set(name, event.target.value)}
        />
      )}
    </Field>
  );
  const command = (when: 'before' | 'after') => (
    <>
      {field(`${when}Command`, t('command'), 'npm run migrate', t('commandHelp'))}
      <div className="form-row">
        {field(`${when}Process`, t('process'), 'web', t('processHelp'))}
        {field(`${when}Timeout`, t('timeout'), '300')}
      </div>
    </>
  );
  const base = `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}`;
  return (
    <Section
      title={t('title')}
      actions={
        <Equivalents
          items={[
            { title: t('title'), cli: toCli(`apps get ${ref.application} -o yaml`, ref), api: `GET ${base}` },
            { title: t('save'), api: `PATCH ${base}\n${JSON.stringify({ hooks: toHooks(values) })}` },
          ]}
        />
      }
    >
      <p className="muted">{t('explanation')}</p>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isChanged) void send();
        }}
      >
        <fieldset className="plain-fieldset form" disabled={!mayChange}>
          <legend className="visually-hidden">{t('title')}</legend>
          <Field label={t('before')} help={t('beforeHelp')}>
            {({ id, 'aria-describedby': describedBy }) => (
              <Select
                id={id}
                aria-describedby={describedBy}
                value={values.before}
                onChange={(to) => form.set('before', beforeKinds.find((kind) => kind === to) ?? 'none')}
                options={beforeKinds.map((kind) => ({ value: kind, label: t(`kinds.${kind}`) }))}
              />
            )}
          </Field>
          {values.before === 'command' && command('before')}
          <Field label={t('after')} help={t('afterHelp')}>
            {({ id, 'aria-describedby': describedBy }) => (
              <Select
                id={id}
                aria-describedby={describedBy}
                value={values.after}
                onChange={(to) => form.set('after', afterKinds.find((kind) => kind === to) ?? 'none')}
                options={afterKinds.map((kind) => ({ value: kind, label: t(`kinds.${kind}`) }))}
              />
            )}
          </Field>
          {values.after === 'command' && command('after')}
          {values.after === 'probe' && (
            <div className="form-row">
              {field('afterPath', t('path'), '/healthz')}
              {field('afterStatus', t('status'), '200')}
              {field('afterTimeout', t('askedFor'), '60')}
            </div>
          )}
        </fieldset>
        {form.problem ? <ErrorBox error={form.problem} /> : null}
        {!mayChange && <p className="muted">{t('mayNot')}</p>}
        <div>
          <Button htmlType="submit" disabled={!isChanged || !mayChange} loading={form.isSending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Section>
  );
}
