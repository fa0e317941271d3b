'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { createBuild } from '@/features/builds/queries';
import { NewProjectDialog } from '@/features/projects/new-project-dialog';
import { environmentsQuery, projectsQuery } from '@/features/projects/queries';
import { createRelease, deploy } from '@/features/releases/queries';
import { ArchivePicker } from '@/features/sources/archive-picker';
import type { Archive } from '@/features/sources/read-drop';
import { toCli } from '@/lib/cli';
import { toName } from '@/lib/names';
import { type ApplicationRef, toApplication, toBuild } from '@/lib/paths';
import { useAddress } from '@/lib/use-address';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { Icon, type IconName } from '@/ui/icon';
import { Input } from '@/ui/input';
import { Page, Section } from '@/ui/page';
import { newApplicationSchema, type SourceType, sourceTypes, toNewApplication } from './new-application.form';
import { createApplication, upload } from './queries';

const icons: Record<SourceType, IconName> = { archive: 'upload', git: 'branch', image: 'images', push: 'terminal' };

/** From a source to a running application on one page: source, name, plan, deploy. */
export function NewApplicationPage({ tenant, project: asked }: { tenant: string; project?: string }) {
  const t = useTranslations('newApplication');
  const router = useRouter();
  const client = useQueryClient();
  const validation = useValidation();
  const projects = useQuery(projectsQuery(tenant)).data ?? [];
  const [chosen, setChosen] = useAddress('project', asked ?? '');
  const [sourceText, setSource] = useAddress('source', 'archive');
  const source = sourceTypes.find((one) => one === sourceText) ?? 'archive';
  const project = chosen || projects[0]?.name || '';
  const environments = useQuery({ ...environmentsQuery({ tenant, project }), enabled: project !== '' }).data ?? [];
  const [environmentName, setEnvironment] = useState('');
  const usual = environments.find(({ kind }) => kind === 'production') ?? environments[0];
  const environment = environmentName || usual?.name || 'production';
  const [archive, setArchive] = useState<Archive>();
  const [isAddingProject, setAddingProject] = useState(false);
  const [stage, setStage] = useState<'uploading' | 'starting'>();
  const form = useForm(
    newApplicationSchema,
    { source, name: '', url: '', ref: '', image: '', port: '8080', dockerfile: 'Dockerfile', archive: '' },
    validation,
    ['name', 'url', 'image', 'source.url', 'source.image', 'source.ref'],
  );
  const ref: ApplicationRef = { tenant, project, environment, application: form.values.name };

  const send = () =>
    form.submit(async (values) => {
      const body = toNewApplication({ ...values, source });
      setStage('starting');
      try {
        await createApplication(ref, body);
        await client.invalidateQueries({ queryKey: ['t', tenant, 'p', project, 'applications'] });
        router.push(await start(ref));
      } finally {
        setStage(undefined);
      }
    });
  const start = async (to: ApplicationRef): Promise<string> => {
    if (source === 'push') return toApplication(to);
    if (source === 'image') {
      const release = await createRelease(to, { image: form.values.image });
      await deploy(to, release.number);
      return toApplication(to);
    }
    if (source === 'archive' && archive) setStage('uploading');
    const uploaded = source === 'archive' && archive ? await upload(to, archive.blob) : undefined;
    const build = await createBuild(to, {
      ...(uploaded ? { source: { type: 'upload', upload: uploaded.id } } : {}),
      deploy: { environment },
    });
    return toBuild(to, build.number);
  };
  const chooseArchive = (next: Archive | undefined) => {
    setArchive(next);
    form.set('archive', next?.name ?? '');
    if (next && !form.values.name) form.set('name', toName(next.name.replace(/\.(tar\.gz|tgz)$/i, '')));
  };

  return (
    <Page
      narrow
      title={t('title')}
      description={t('description')}
      actions={
        <Equivalents
          items={[
            {
              title: t('title'),
              cli: toCli('deploy --create', {
                tenant,
                project: project || 'shop',
                application: form.values.name || 'web',
                environment,
              }),
              api: `POST /api/v1/tenants/${tenant}/projects/${project || 'shop'}/applications\n${JSON.stringify(toNewApplication({ ...form.values, source, name: form.values.name || 'web' }), null, 2)}`,
            },
          ]}
        />
      }
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Section title={t('where')}>
          <div className="form-row">
            <Field label={t('project')}>
              {({ id }) => (
                <div className="with-button">
                  <Select
                    id={id}
                    value={project}
                    onChange={setChosen}
                    options={projects.map(({ name }) => ({ value: name, label: name }))}
                    disabled={projects.length === 0}
                  />
                  <Button onClick={() => setAddingProject(true)} icon={<Icon name="plus" size={14} />}>
                    {t('newProject')}
                  </Button>
                </div>
              )}
            </Field>
            <Field label={t('environment')}>
              {({ id }) => (
                <Select
                  id={id}
                  value={environment}
                  onChange={setEnvironment}
                  options={(environments.length > 0 ? environments.map(({ name }) => name) : ['production']).map(
                    (name) => ({ value: name, label: name }),
                  )}
                />
              )}
            </Field>
          </div>
        </Section>
        <Section title={t('source')}>
          <div className="choices" role="radiogroup" aria-label={t('source')}>
            {sourceTypes.map((one) => (
              <label key={one} className={one === source ? 'choice choice-on' : 'choice'}>
                <input
                  type="radio"
                  name="source"
                  value={one}
                  checked={one === source}
                  onChange={() => {
                    setSource(one);
                    form.set('source', one);
                  }}
                />
                <Icon name={icons[one]} />
                <span>
                  <strong>{t(`sources.${one}.title`)}</strong>
                  <span className="muted">{t(`sources.${one}.text`)}</span>
                </span>
              </label>
            ))}
          </div>
          {source === 'archive' && (
            <ArchivePicker value={archive} onChange={chooseArchive} error={form.errorOf('archive')} />
          )}
          {source === 'git' && (
            <div className="form-row">
              <Field label={t('url')} error={form.errorOf('url') ?? form.errorOf('source.url')}>
                {(control) => (
                  <Input
                    {...control}
                    className="mono"
                    value={form.values.url}
                    placeholder="https://git.example.com/shop/web.git"
                    spellCheck={false}
                    onChange={(event) => form.set('url', event.target.value)}
                    onBlur={() =>
                      !form.values.name &&
                      form.set(
                        'name',
                        toName(
                          form.values.url
                            .split('/')
                            .at(-1)
                            ?.replace(/\.git$/, '') ?? '',
                        ),
                      )
                    }
                  />
                )}
              </Field>
              <Field label={t('ref')} optional={t('optional')} error={form.errorOf('source.ref')}>
                {(control) => (
                  <Input
                    {...control}
                    className="mono"
                    value={form.values.ref}
                    placeholder="main"
                    spellCheck={false}
                    onChange={(event) => form.set('ref', event.target.value)}
                  />
                )}
              </Field>
            </div>
          )}
          {source === 'image' && (
            <Field
              label={t('image')}
              help={t('imageHelp')}
              error={form.errorOf('image') ?? form.errorOf('source.image')}
            >
              {(control) => (
                <Input
                  {...control}
                  className="mono"
                  value={form.values.image}
                  placeholder="127.0.0.1:7601/library/hello:1"
                  spellCheck={false}
                  onChange={(event) => form.set('image', event.target.value)}
                />
              )}
            </Field>
          )}
          {source === 'push' && <p className="muted">{t('pushHelp')}</p>}
        </Section>
        <Section title={t('application')}>
          <div className="form-row">
            <Field label={t('name')} help={t('nameHelp')} error={form.errorOf('name')}>
              {(control) => (
                <Input
                  {...control}
                  value={form.values.name}
                  onChange={(event) => form.set('name', event.target.value)}
                  autoComplete="off"
                  spellCheck={false}
                />
              )}
            </Field>
            <Field label={t('port')} help={t('portHelp')} error={form.errorOf('port')}>
              {(control) => (
                <Input
                  {...control}
                  inputMode="numeric"
                  value={form.values.port}
                  onChange={(event) => form.set('port', event.target.value)}
                />
              )}
            </Field>
            {source !== 'image' && (
              <Field label={t('dockerfile')} error={form.errorOf('dockerfile')}>
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
            )}
          </div>
        </Section>
        <Section title={t('plan')}>
          <ol className="plan">
            <li>
              {t.rich('plan1', {
                name: form.values.name || '…',
                project: project || '…',
                b: (chunks) => <strong>{chunks}</strong>,
              })}
            </li>
            {(source === 'archive' || source === 'git') && (
              <li>
                {t.rich('planBuild', { dockerfile: form.values.dockerfile, b: (chunks) => <code>{chunks}</code> })}
              </li>
            )}
            {source === 'push' ? (
              <li>{t('planPush')}</li>
            ) : (
              <li>{t.rich('planRollout', { environment, b: (chunks) => <strong>{chunks}</strong> })}</li>
            )}
            {source !== 'push' && <li>{t('planUrl')}</li>}
          </ol>
          {form.problem ? <ErrorBox error={form.problem} /> : null}
          <div>
            <Button type="primary" htmlType="submit" size="large" loading={form.isSending} disabled={project === ''}>
              {stage ? t(`stages.${stage}`) : t(source === 'push' ? 'create' : 'createAndDeploy', { environment })}
            </Button>
            {project === '' && <span className="muted beside">{t('needProject')}</span>}
          </div>
        </Section>
      </form>
      <NewProjectDialog
        tenant={tenant}
        open={isAddingProject}
        onClose={() => setAddingProject(false)}
        onCreated={(name) => {
          setAddingProject(false);
          setChosen(name);
        }}
      />
    </Page>
  );
}
