'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { applicationsQuery } from '@/features/applications/queries';
import { environmentsQuery, projectsQuery } from '@/features/projects/queries';
import { tenantsQuery } from '@/features/tenants/queries';
import { parsePath, toApplication, toEnvironment, toProject, toTenant } from '@/lib/paths';
import { Icon } from '@/ui/icon';
import { Menu } from '@/ui/menu';

/** tenant / project / environment / application of the address; each can be switched where it stands. */
export function PathSwitchers() {
  const t = useTranslations('shell');
  const path = parsePath(usePathname());
  const { tenant, project, environment, application } = path;
  return (
    <nav className="crumbs" aria-label={t('path')}>
      {path.admin ? <span className="crumb-text">{t('admin')}</span> : <TenantSwitcher current={tenant} />}
      {tenant && project && (
        <>
          <Slash />
          <ProjectSwitcher tenant={tenant} current={project} />
        </>
      )}
      {tenant && project && environment && (
        <>
          <Slash />
          <EnvironmentSwitcher tenant={tenant} project={project} current={environment} application={application} />
        </>
      )}
      {tenant && project && environment && application && (
        <>
          <Slash />
          <ApplicationSwitcher tenant={tenant} project={project} environment={environment} current={application} />
        </>
      )}
    </nav>
  );
}

const Slash = () => (
  <span className="crumb-slash" aria-hidden="true">
    /
  </span>
);

interface Choice {
  readonly name: string;
  readonly note?: string;
  readonly href: string;
}

function Switcher({
  label,
  current,
  choices,
  footer,
}: {
  label: string;
  current: string;
  choices: readonly Choice[] | undefined;
  footer?: Choice;
}) {
  return (
    <Menu
      className="crumb"
      label={`${label}: ${current}`}
      trigger={
        <>
          <span className="crumb-name">{current}</span>
          <Icon name="chevron" size={12} />
        </>
      }
    >
      {(close) => (
        <>
          <div className="menu-title">{label}</div>
          <div className="menu-scroll">
            {choices?.map((choice) => (
              <Link
                key={choice.name}
                href={choice.href}
                onClick={close}
                className="menu-item"
                aria-current={choice.name === current ? 'true' : undefined}
              >
                <span>{choice.name}</span>
                {choice.note && choice.note !== choice.name && <span className="muted">{choice.note}</span>}
                {choice.name === current && <Icon name="check" size={13} />}
              </Link>
            ))}
          </div>
          {footer && (
            <Link href={footer.href} onClick={close} className="menu-item menu-foot">
              {footer.name}
            </Link>
          )}
        </>
      )}
    </Menu>
  );
}

function TenantSwitcher({ current }: { current?: string }) {
  const t = useTranslations('shell');
  const tenants = useQuery(tenantsQuery());
  const choices = tenants.data?.map((tenant) => ({
    name: tenant.name,
    note: tenant.displayName,
    href: toTenant(tenant.name),
  }));
  return (
    <Switcher
      label={t('tenant')}
      current={current ?? t('chooseTenant')}
      choices={choices}
      footer={{ name: t('allTenants'), href: '/?choose=1' }}
    />
  );
}

function ProjectSwitcher({ tenant, current }: { tenant: string; current: string }) {
  const t = useTranslations('shell');
  const projects = useQuery(projectsQuery(tenant));
  const choices = projects.data?.map((project) => ({
    name: project.name,
    note: project.displayName,
    href: toProject({ tenant, project: project.name }),
  }));
  return (
    <Switcher
      label={t('project')}
      current={current}
      choices={choices}
      footer={{ name: t('tenantOverview'), href: toTenant(tenant) }}
    />
  );
}

function EnvironmentSwitcher({
  tenant,
  project,
  current,
  application,
}: {
  tenant: string;
  project: string;
  current: string;
  application?: string;
}) {
  const t = useTranslations('shell');
  const environments = useQuery(environmentsQuery({ tenant, project }));
  const choices = environments.data?.map(({ name }) => {
    const ref = { tenant, project, environment: name };
    return { name, href: application ? toApplication({ ...ref, application }) : toEnvironment(ref) };
  });
  return (
    <Switcher
      label={t('environment')}
      current={current}
      choices={choices}
      footer={{ name: t('projectPage'), href: toProject({ tenant, project }) }}
    />
  );
}

function ApplicationSwitcher({
  tenant,
  project,
  environment,
  current,
}: {
  tenant: string;
  project: string;
  environment: string;
  current: string;
}) {
  const t = useTranslations('shell');
  const applications = useQuery(applicationsQuery({ tenant, project }));
  const choices = applications.data?.map(({ name }) => ({
    name,
    href: toApplication({ tenant, project, environment, application: name }),
  }));
  return <Switcher label={t('application')} current={current} choices={choices} />;
}
