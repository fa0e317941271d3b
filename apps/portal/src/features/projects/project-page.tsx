'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { useApplicationColumns } from '@/features/applications/application-columns';
import { applicationsQuery } from '@/features/applications/queries';
import { ProjectBlueprint } from '@/features/blueprints/project-blueprint';
import { QuotaSummary } from '@/features/quotas/quota-summary';
import { toCli } from '@/lib/cli';
import type { EnvironmentKind } from '@/lib/contract';
import { nameSchema } from '@/lib/names';
import { type ProjectRef, toEnvironment, toNewApplication, toProjectConfig, toTenant, toTrains } from '@/lib/paths';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { ConfirmByTyping } from '@/ui/confirm-by-typing';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { Field, Select } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Icon } from '@/ui/icon';
import { Input } from '@/ui/input';
import { LinkButton } from '@/ui/link-button';
import { Page, Section } from '@/ui/page';
import { Table } from '@/ui/table';
import { ProjectSecurity } from './project-security';
import { createEnvironment, deleteProject, environmentsQuery } from './queries';

const kinds = ['production', 'staging', 'development'] as const satisfies readonly EnvironmentKind[];

/** A project: its applications as they stand in one environment, and its environments. */
export function ProjectPage({ tenant, project, environment }: ProjectRef & { environment?: string }) {
  const t = useTranslations('project');
  const trains = useTranslations('trains');
  const config = useTranslations('config');
  const ref = { tenant, project };
  const applications = useQuery(applicationsQuery(ref));
  const environments = useQuery(environmentsQuery(ref));
  const current =
    environment ??
    environments.data?.find((entry) => entry.kind === 'production')?.name ??
    environments.data?.[0]?.name ??
    'production';
  const columns = useApplicationColumns(tenant, { environment: current, withProject: false });
  const [isAdding, setAdding] = useState(false);
  const create = (
    <LinkButton href={toNewApplication(tenant, project)} icon="plus" primary>
      {t('newApplication')}
    </LinkButton>
  );
  return (
    <Page
      title={project}
      description={t('description')}
      actions={
        <>
          <Equivalents
            items={[
              {
                title: t('applications'),
                cli: toCli('apps list', { tenant, project }),
                api: `GET /api/v1/tenants/${tenant}/projects/${project}/applications`,
              },
              {
                title: t('addEnvironment'),
                cli: toCli('environments create staging --kind staging', { tenant, project }),
                api: `POST /api/v1/tenants/${tenant}/projects/${project}/environments\n{"name":"staging","kind":"staging"}`,
              },
            ]}
          />
          <LinkButton href={toProjectConfig(ref)}>{config('pageTitle')}</LinkButton>
          <LinkButton href={toTrains(ref)}>{trains('title')}</LinkButton>
          {create}
        </>
      }
    >
      <nav className="tabs" aria-label={t('environments')}>
        {environments.data?.map((entry) => (
          <Link
            key={entry.name}
            href={toEnvironment({ ...ref, environment: entry.name })}
            className="tab"
            aria-current={entry.name === current ? 'page' : undefined}
            title={`${t('namespace')} ${entry.namespace}`}
          >
            {entry.name}
          </Link>
        ))}
        <button type="button" className="tab tab-add" onClick={() => setAdding(true)}>
          <Icon name="plus" size={12} /> {t('addEnvironment')}
        </button>
      </nav>
      <Table
        name="applications"
        label={t('applications')}
        rows={applications.data?.map((application) => ({ ...application, project }))}
        rowKey={(row) => row.id}
        columns={columns}
        error={applications.error}
        searchText={(row) => `${row.name} ${row.source.type}`}
        empty={
          <EmptyState
            icon="applications"
            title={t('emptyTitle')}
            action={create}
            command={toCli('deploy', { tenant, project })}
          >
            {t('empty')}
          </EmptyState>
        }
      />
      <QuotaSummary place={ref} />
      <ProjectSecurity tenant={tenant} project={project} />
      <ProjectBlueprint tenant={tenant} project={project} />
      <DeleteProject tenant={tenant} project={project} />
      <NewEnvironmentDialog tenant={tenant} project={project} open={isAdding} onClose={() => setAdding(false)} />
    </Page>
  );
}

const environmentSchema = z.object({ name: nameSchema, kind: z.enum(kinds) });

function NewEnvironmentDialog({ tenant, project, open, onClose }: ProjectRef & { open: boolean; onClose: () => void }) {
  const t = useTranslations('project');
  const client = useQueryClient();
  const router = useRouter();
  const form = useForm<{ name: string; kind: EnvironmentKind }>(
    environmentSchema,
    { name: '', kind: 'staging' },
    useValidation(),
  );
  const send = () =>
    form.submit(async (values) => {
      await createEnvironment({ tenant, project }, values);
      await client.invalidateQueries({ queryKey: ['t', tenant, 'p', project] });
      form.reset();
      onClose();
      router.push(toEnvironment({ tenant, project, environment: values.name }));
    });
  return (
    <FormDialog
      open={open}
      title={t('addEnvironment')}
      onClose={onClose}
      form={form}
      onSubmit={send}
      submit={t('createEnvironment')}
    >
      <p className="muted">{t('environmentExplanation')}</p>
      <Field label={t('environmentName')} error={form.errorOf('name')}>
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
      <Field label={t('kind')} error={form.errorOf('kind')}>
        {({ id }) => (
          <Select
            id={id}
            value={form.values.kind}
            options={kinds.map((value) => ({ value, label: t(`kinds.${value}`) }))}
            onChange={(value) => form.set('kind', kinds.find((kind) => kind === value) ?? 'staging')}
          />
        )}
      </Field>
    </FormDialog>
  );
}

function DeleteProject({ tenant, project }: ProjectRef) {
  const t = useTranslations('project');
  const router = useRouter();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const removal = useMutation({
    mutationFn: () => deleteProject({ tenant, project }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['t', tenant, 'projects'] });
      router.push(toTenant(tenant));
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
        name={project}
        verb={t('deleteNamed', { name: project })}
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
