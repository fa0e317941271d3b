'use client';
import { useQueries, useQuery } from '@tanstack/react-query';
import { usePathname, useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type KeyboardEvent, useMemo, useState } from 'react';
import { applicationsQuery } from '@/features/applications/queries';
import { meQuery } from '@/features/identity/queries';
import { projectsQuery } from '@/features/projects/queries';
import { tenantsQuery } from '@/features/tenants/queries';
import {
  applicationTabs,
  parsePath,
  toApplication,
  toNewApplication,
  toProject,
  toTenant,
  toTenantPage,
} from '@/lib/paths';
import { Dialog } from '@/ui/dialog';
import { Icon, type IconName } from '@/ui/icon';

interface Command {
  readonly id: string;
  readonly icon: IconName;
  readonly title: string;
  readonly note?: string;
  readonly href: string;
}

const shownCommands = 12;

/** Search and commands over pages, applications, projects, tenants and actions. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTranslations('palette');
  const router = useRouter();
  const [query, setQuery] = useState('');
  const [selected, setSelected] = useState(0);
  const commands = useCommands(open);
  const found = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return commands
      .filter(({ title, note }) => words.every((word) => `${title} ${note ?? ''}`.toLowerCase().includes(word)))
      .slice(0, shownCommands);
  }, [commands, query]);

  const close = () => {
    setQuery('');
    setSelected(0);
    onClose();
  };
  const run = (command: Command | undefined) => {
    if (!command) return;
    close();
    router.push(command.href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && found.length > 0) {
      event.preventDefault();
      setSelected((selected + step + found.length) % found.length);
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      run(found[selected]);
    }
  };

  return (
    <Dialog open={open} title={t('title')} onClose={close}>
      <div className="palette">
        <input
          className="palette-input"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found[selected] ? `palette-${selected}` : undefined}
          aria-label={t('title')}
          placeholder={t('placeholder')}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setSelected(0);
          }}
          onKeyDown={onKeyDown}
        />
        <div id="palette-list" role="listbox" aria-label={t('title')} className="palette-list">
          {found.map((command, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox above has the keys
            <div
              key={command.id}
              id={`palette-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === selected}
              className="palette-item"
              onClick={() => run(command)}
              onPointerMove={() => setSelected(index)}
            >
              <Icon name={command.icon} size={14} />
              <span>{command.title}</span>
              {command.note && <span className="muted">{command.note}</span>}
            </div>
          ))}
        </div>
        {found.length === 0 && <p className="muted">{t('nothing')}</p>}
      </div>
    </Dialog>
  );
}

function useCommands(enabled: boolean): readonly Command[] {
  const t = useTranslations();
  const { tenant, project, environment, application } = parsePath(usePathname());
  const me = useQuery({ ...meQuery(), enabled }).data;
  const tenants = useQuery({ ...tenantsQuery(), enabled }).data ?? [];
  const projects = useQuery({ ...projectsQuery(tenant ?? ''), enabled: enabled && tenant !== undefined }).data ?? [];
  const applications = useQueries({
    queries: tenant
      ? projects.map((entry) => ({ ...applicationsQuery({ tenant, project: entry.name }), enabled }))
      : [],
  });

  const commands: Command[] = [];
  if (tenant && project && environment && application) {
    for (const tab of applicationTabs) {
      commands.push({
        id: `tab-${tab}`,
        icon: 'applications',
        title: `${application} · ${t(`tab.${tab}`)}`,
        href: toApplication({ tenant, project, environment, application }, tab),
      });
    }
  }
  if (tenant) {
    commands.push({
      id: 'new',
      icon: 'plus',
      title: t('palette.newApplication'),
      note: tenant,
      href: toNewApplication(tenant, project),
    });
    applications.forEach((answer, index) => {
      const owner = projects[index]?.name;
      for (const entry of owner ? (answer.data ?? []) : []) {
        const first = entry.environments[0]?.name ?? 'production';
        commands.push({
          id: `a-${owner}-${entry.name}`,
          icon: 'applications',
          title: entry.name,
          note: `${tenant} / ${owner}`,
          href: toApplication({ tenant, project: owner ?? '', environment: first, application: entry.name }),
        });
      }
    });
    for (const entry of projects)
      commands.push({
        id: `p-${entry.name}`,
        icon: 'archive',
        title: entry.name,
        note: t('shell.project'),
        href: toProject({ tenant, project: entry.name }),
      });
    commands.push({ id: 'overview', icon: 'overview', title: t('nav.overview'), note: tenant, href: toTenant(tenant) });
    for (const page of ['applications', 'images', 'access', 'settings'] as const) {
      commands.push({
        id: `page-${page}`,
        icon: page,
        title: t(`nav.${page}`),
        note: tenant,
        href: toTenantPage(tenant, page),
      });
    }
  }
  for (const entry of tenants)
    commands.push({
      id: `t-${entry.name}`,
      icon: 'tenants',
      title: entry.name,
      note: t('shell.tenant'),
      href: toTenant(entry.name),
    });
  commands.push({ id: 'me', icon: 'key', title: t('shell.myTokens'), href: '/me' });
  if (me?.isAdmin) {
    commands.push({ id: 'admin', icon: 'overview', title: t('shell.admin'), href: '/admin' });
    for (const page of ['tenants', 'users', 'clusters', 'audit'] as const)
      commands.push({
        id: `admin-${page}`,
        icon: page,
        title: t(`nav.${page}`),
        note: t('shell.admin'),
        href: `/admin/${page}`,
      });
  }
  return commands;
}
