'use client';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { standingOf } from '@/features/applications/application-columns';
import { type ApplicationRow, useTenantApplications } from '@/features/applications/use-tenant-applications';
import { AuditList } from '@/features/audit/audit-list';
import { auditQuery } from '@/features/audit/queries';
import { KubeconfigButton } from '@/features/kubeconfig/kubeconfig-button';
import { NewProjectDialog } from '@/features/projects/new-project-dialog';
import { projectsQuery } from '@/features/projects/queries';
import { QuotaSummary } from '@/features/quotas/quota-summary';
import { toCli } from '@/lib/cli';
import { toApplication, toNewApplication, toProject } from '@/lib/paths';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Icon } from '@/ui/icon';
import { LinkButton } from '@/ui/link-button';
import { Page, Section } from '@/ui/page';
import { StatusBadge, type StatusTone } from '@/ui/status';
import { tenantQuery } from './queries';

const states: readonly StatusTone[] = ['healthy', 'progressing', 'degraded', 'failed', 'idle'];

/** A tenant on one screen: what is unwell, its projects, what happened last. */
export function TenantOverview({ tenant: name }: { tenant: string }) {
  const t = useTranslations('overview');
  const router = useRouter();
  const tenant = useQuery(tenantQuery(name));
  const projects = useQuery(projectsQuery(name));
  const { rows } = useTenantApplications(name);
  const audit = useInfiniteQuery(auditQuery(name));
  const [isCreating, setCreating] = useState(false);

  if (tenant.error && !tenant.data) {
    return (
      <Page title={name}>
        <ErrorBox error={tenant.error} action={<Link href="/?choose=1">{t('otherTenant')}</Link>} />
      </Page>
    );
  }
  const events = audit.data?.pages[0]?.items ?? [];
  const isEmpty = projects.data?.length === 0;
  return (
    <Page
      title={tenant.data?.displayName || name}
      description={t('description', { projects: projects.data?.length ?? 0, applications: rows?.length ?? 0 })}
      actions={
        <>
          <Equivalents
            items={[
              {
                title: t('projects'),
                cli: toCli('projects list', { tenant: name }),
                api: `GET /api/v1/tenants/${name}/projects`,
              },
              {
                title: t('newProject'),
                cli: toCli('projects create shop', { tenant: name }),
                api: `POST /api/v1/tenants/${name}/projects\n{"name":"shop"}`,
              },
            ]}
          />
          <KubeconfigButton tenant={name} />
          <Button icon={<Icon name="plus" size={14} />} onClick={() => setCreating(true)}>
            {t('newProject')}
          </Button>
          {!isEmpty && (
            <LinkButton href={toNewApplication(name)} icon="plus" primary>
              {t('newApplication')}
            </LinkButton>
          )}
        </>
      }
    >
      {isEmpty && (
        <EmptyState
          icon="archive"
          title={t('emptyTitle')}
          action={
            <Button type="primary" onClick={() => setCreating(true)}>
              {t('createFirst')}
            </Button>
          }
          command={toCli('projects create shop', { tenant: name })}
        >
          {t('empty')}
        </EmptyState>
      )}
      {!isEmpty && (
        <>
          <StateCounts rows={rows} />
          <QuotaSummary place={{ tenant: name }} />
          <div className="columns">
            <Section title={t('projects')} flush>
              <ul className="rows">
                {projects.data?.map((project) => (
                  <li key={project.name} className="project-row">
                    <Link href={toProject({ tenant: name, project: project.name })} className="strong">
                      {project.displayName || project.name}
                    </Link>
                    <ProjectApplications tenant={name} project={project.name} rows={rows} />
                  </li>
                ))}
              </ul>
            </Section>
            <Section title={t('lastChanges')} flush>
              {audit.error ? <ErrorBox error={audit.error} /> : <AuditList events={events.slice(0, 12)} />}
            </Section>
          </div>
        </>
      )}
      <NewProjectDialog
        tenant={name}
        open={isCreating}
        onClose={() => setCreating(false)}
        onCreated={(project) => {
          setCreating(false);
          router.push(toProject({ tenant: name, project }));
        }}
      />
    </Page>
  );
}

function StateCounts({ rows }: { rows: readonly ApplicationRow[] | undefined }) {
  const t = useTranslations('overview');
  const count = (state: StatusTone) =>
    (rows ?? []).filter((row) => (standingOf(row)?.state ?? 'idle') === state).length;
  return (
    <section className="counts" aria-label={t('states')}>
      {states.map((state) => (
        <div key={state} className={rows && count(state) > 0 ? 'count' : 'count count-zero'}>
          <span className="count-number tabular">{rows ? count(state) : '–'}</span>
          <StatusBadge state={state} tone={state} quiet />
        </div>
      ))}
    </section>
  );
}

function ProjectApplications({
  tenant,
  project,
  rows,
}: {
  tenant: string;
  project: string;
  rows: readonly ApplicationRow[] | undefined;
}) {
  const t = useTranslations('overview');
  const own = rows?.filter((row) => row.project === project) ?? [];
  if (rows && own.length === 0) {
    return (
      <Link href={toNewApplication(tenant, project)} className="muted">
        {t('deployFirst')}
      </Link>
    );
  }
  return (
    <span className="chips">
      {own.slice(0, 6).map((row) => {
        const standing = standingOf(row);
        return (
          <Link
            key={row.name}
            href={toApplication({
              tenant,
              project,
              environment: standing?.name ?? 'production',
              application: row.name,
            })}
            className="chip"
          >
            <StatusBadge state={standing?.state ?? 'idle'} label={row.name} quiet />
          </Link>
        );
      })}
      {own.length > 6 && <span className="muted">+{own.length - 6}</span>}
    </span>
  );
}
