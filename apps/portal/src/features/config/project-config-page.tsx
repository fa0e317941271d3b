'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { environmentsQuery } from '@/features/projects/queries';
import type { ProjectRef } from '@/lib/paths';
import { Page } from '@/ui/page';
import { ScopeConfig } from './scope-config';

/** What the applications of a project inherit: of the project, and of one of its environments. */
export function ProjectConfigPage({ tenant, project }: ProjectRef) {
  const t = useTranslations('config');
  const names = useQuery(environmentsQuery({ tenant, project })).data?.map(({ name }) => name) ?? [];
  const [chosen, choose] = useState<string>();
  const environment = chosen ?? names[0];
  return (
    <Page title={t('pageTitle')} description={t('pageDescription')}>
      <ScopeConfig place={{ tenant, project }} />
      <nav className="tabs" aria-label={t('environments')}>
        {names.map((name) => (
          <button
            key={name}
            type="button"
            className="tab"
            aria-current={name === environment ? 'page' : undefined}
            onClick={() => choose(name)}
          >
            {name}
          </button>
        ))}
      </nav>
      {environment && <ScopeConfig key={environment} place={{ tenant, project, environment }} />}
    </Page>
  );
}
