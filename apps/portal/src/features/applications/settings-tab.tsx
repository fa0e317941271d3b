'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { toCli } from '@/lib/cli';
import type { Application, Source } from '@/lib/contract';
import { type ApplicationRef, toProject } from '@/lib/paths';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { useAnnounce } from '@/ui/announcer';
import { ConfirmByTyping } from '@/ui/confirm-by-typing';
import { CodeBlock, Id } from '@/ui/copy';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { Input } from '@/ui/input';
import { Facts, Section } from '@/ui/page';
import { Time } from '@/ui/time';
import { applicationKey, applicationQuery, deleteApplication, updateApplication } from './queries';
import { ReleaseHooksSection } from './release-hooks-section';

export function SettingsTab({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('applicationSettings');
  const sources = useTranslations('applications');
  const application = useQuery(applicationQuery(ref)).data;
  if (!application) return null;
  const base = `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}`;
  return (
    <>
      <Section
        title={t('general')}
        actions={
          <Equivalents
            items={[
              {
                title: t('general'),
                cli: toCli(`apps get ${ref.application} -o yaml`, { tenant: ref.tenant, project: ref.project }),
                api: `GET ${base}`,
              },
              {
                title: t('delete'),
                cli: toCli(`apps delete ${ref.application}`, { tenant: ref.tenant, project: ref.project }),
                api: `DELETE ${base}`,
              },
            ]}
          />
        }
      >
        <Facts
          items={[
            { label: t('name'), value: <code>{application.name}</code> },
            { label: t('id'), value: <Id value={application.id} short={application.id.slice(-12)} /> },
            { label: t('source'), value: sources(`sources.${application.source.type}`) },
            { label: t('created'), value: <Time at={application.createdAt} /> },
          ]}
        />
      </Section>
      {application.source.type === 'push' && (
        <Section title={t('push')}>
          <p className="muted">{t('pushExplanation')}</p>
          <CodeBlock code={`git remote add slipway ${application.gitUrl}\ngit push slipway main`} />
        </Section>
      )}
      {(application.source.type === 'git' || application.source.type === 'image') && (
        <SourceForm key={application.updatedAt} application={application} reference={ref} />
      )}
      <ReleaseHooksSection key={JSON.stringify(application.hooks)} application={application} reference={ref} />
      <DeleteApplication application={ref} />
    </>
  );
}

const schema = z.object({
  address: z.string().check(z.minLength(1, 'required')),
  ref: z.string(),
  dockerfile: z.string(),
});

function SourceForm({ application, reference }: { application: Application; reference: ApplicationRef }) {
  const t = useTranslations('applicationSettings');
  const announce = useAnnounce();
  const client = useQueryClient();
  const { source } = application;
  const initial = {
    address: source.type === 'git' ? source.url : source.type === 'image' ? source.image : '',
    ref: source.type === 'git' ? (source.ref ?? '') : '',
    dockerfile: application.build?.dockerfile ?? 'Dockerfile',
  };
  const form = useForm(schema, initial, useValidation(), ['source.url', 'source.image', 'source.ref']);
  const isChanged = JSON.stringify(form.values) !== JSON.stringify(initial);
  const send = () =>
    form.submit(async ({ address, ref, dockerfile }) => {
      const next: Source =
        source.type === 'image'
          ? { type: 'image', image: address }
          : { type: 'git', url: address, ...(ref ? { ref } : {}) };
      await updateApplication(reference, {
        source: next,
        ...(source.type === 'git' ? { build: { dockerfile, context: application.build.context } } : {}),
      });
      await client.invalidateQueries({ queryKey: applicationKey(reference) });
      announce(t('saved'));
    });
  return (
    <Section title={t('source')}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Field
          label={source.type === 'image' ? t('image') : t('url')}
          error={form.errorOf('address') ?? form.errorOf('source.url') ?? form.errorOf('source.image')}
        >
          {(control) => (
            <Input
              {...control}
              className="mono"
              value={form.values.address}
              onChange={(event) => form.set('address', event.target.value)}
              spellCheck={false}
            />
          )}
        </Field>
        {source.type === 'git' && (
          <div className="form-row">
            <Field label={t('ref')} error={form.errorOf('source.ref')}>
              {(control) => (
                <Input
                  {...control}
                  className="mono"
                  value={form.values.ref}
                  placeholder="main"
                  onChange={(event) => form.set('ref', event.target.value)}
                  spellCheck={false}
                />
              )}
            </Field>
            <Field label={t('dockerfile')}>
              {(control) => (
                <Input
                  {...control}
                  className="mono"
                  value={form.values.dockerfile}
                  onChange={(event) => form.set('dockerfile', event.target.value)}
                  spellCheck={false}
                />
              )}
            </Field>
          </div>
        )}
        {form.problem ? <ErrorBox error={form.problem} /> : null}
        <div>
          <Button htmlType="submit" disabled={!isChanged} loading={form.isSending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Section>
  );
}

function DeleteApplication({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('applicationSettings');
  const router = useRouter();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const removal = useMutation({
    mutationFn: () => deleteApplication(ref),
    onSuccess: async () => {
      router.push(toProject(ref));
      client.removeQueries({ queryKey: applicationKey(ref) });
      await client.invalidateQueries({ queryKey: ['t', ref.tenant, 'p', ref.project, 'applications'] });
    },
  });
  return (
    <Section title={t('danger')}>
      <div className="danger-row">
        <div>
          <strong>{t('delete')}</strong>
          <p className="muted">{t('deleteExplanation')}</p>
        </div>
        <Button danger onClick={() => setOpen(true)}>
          {t('delete')}
        </Button>
      </div>
      <ConfirmByTyping
        open={open}
        title={t('delete')}
        name={ref.application}
        verb={t('deleteNamed', { name: ref.application })}
        isRunning={removal.isPending}
        error={removal.error}
        onConfirm={() => removal.mutate()}
        onClose={() => setOpen(false)}
      >
        <p>{t('deleteExplanation')}</p>
      </ConfirmByTyping>
    </Section>
  );
}
