'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { blueprintsQuery } from '@/features/onboarding/queries';
import type { Blueprint } from '@/lib/contract';
import { CreateButton } from '@/ui/create-button';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { Page } from '@/ui/page';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { type Column, Table } from '@/ui/table';
import { NewBlueprintDialog } from './new-blueprint-dialog';
import { deleteBlueprint } from './queries';

/** What new projects are made from, on the whole platform. */
export function BlueprintsPage() {
  const t = useTranslations('blueprints');
  const client = useQueryClient();
  const blueprints = useQuery(blueprintsQuery());
  const [isCreating, setCreating] = useState(false);
  const removal = useRemoval(
    ({ name }: Blueprint) => deleteBlueprint(name),
    () => client.invalidateQueries({ queryKey: blueprintsQuery().queryKey }),
  );
  const columns: readonly Column<Blueprint>[] = [
    {
      key: 'name',
      title: t('name'),
      sortBy: ({ name }) => name,
      render: ({ name, displayName, description }) => (
        <>
          <code className="strong">{name}</code> {displayName !== name && <span>{displayName}</span>}
          {description && <div className="muted break">{description}</div>}
        </>
      ),
    },
    {
      key: 'environments',
      title: t('environments'),
      render: ({ content }) => content.environments.map(({ name }) => name).join(' → '),
    },
    {
      key: 'groups',
      title: t('groups'),
      render: ({ content }) => content.groups.map(({ group, role }) => `${group}: ${role}`).join(', ') || '–',
      wide: true,
    },
    { key: 'scope', title: t('scope'), render: ({ scope }) => t(`scopes.${scope}`), wide: true },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (blueprint) =>
        blueprint.scope === 'platform' && (
          <Button size="small" danger onClick={() => removal.ask(blueprint)}>
            {t('delete')}
          </Button>
        ),
    },
  ];
  const body = '{"name":"two-stage","content":{"environments":[{"name":"production","kind":"production"}]}}';
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <Equivalents
            items={[
              { title: t('title'), api: 'GET /api/v1/blueprints' },
              { title: t('create'), api: `POST /api/v1/blueprints\n${body}` },
            ]}
          />
          <CreateButton onClick={() => setCreating(true)}>{t('create')}</CreateButton>
        </>
      }
    >
      <Table
        name="blueprints"
        label={t('title')}
        rows={blueprints.data}
        rowKey={({ scope, name }) => `${scope}/${name}`}
        columns={columns}
        error={blueprints.error}
        searchText={({ name, displayName, description }) => `${name} ${displayName} ${description}`}
        empty={<EmptyState icon="archive" title={t('none')} />}
      />
      <NewBlueprintDialog open={isCreating} onClose={() => setCreating(false)} />
      <ConfirmRemoval
        removal={removal}
        title={t('deleteTitle')}
        nameOf={({ name }) => name}
        verbOf={(name) => t('deleteNamed', { name })}
      >
        <p>{t('deleteExplanation')}</p>
      </ConfirmRemoval>
    </Page>
  );
}
