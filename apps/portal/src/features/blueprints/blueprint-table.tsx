'use client';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { blueprintsQuery } from '@/features/onboarding/queries';
import type { Blueprint } from '@/lib/contract';
import { EmptyState } from '@/ui/empty-state';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { type Column, Table } from '@/ui/table';
import { type BlueprintOwner, deleteBlueprint, tenantBlueprintsQuery } from './queries';

interface BlueprintTableProps {
  readonly tenant: BlueprintOwner;
  readonly rows: readonly Blueprint[] | undefined;
  readonly error: Error | null;
  readonly mayDelete: boolean;
}

/** Blueprints with what each gives; those of the owner can be deleted. */
export function BlueprintTable({ tenant, rows, error, mayDelete }: BlueprintTableProps) {
  const t = useTranslations('blueprints');
  const client = useQueryClient();
  const { queryKey } = tenant === undefined ? blueprintsQuery() : tenantBlueprintsQuery(tenant);
  const removal = useRemoval(
    ({ name }: Blueprint) => deleteBlueprint(tenant, name),
    () => client.invalidateQueries({ queryKey }),
  );
  const own = tenant === undefined ? 'platform' : 'tenant';
  const columns: readonly Column<Blueprint>[] = [
    {
      key: 'name',
      title: t('name'),
      sortBy: ({ name }) => name,
      render: ({ name, displayName, description, version, scope }) => (
        <>
          <code className="strong">{name}</code> {displayName !== name && <span>{displayName}</span>}{' '}
          {scope !== 'built-in' && <span className="muted">{t('version', { version })}</span>}
          {description && <div className="muted break">{description}</div>}
        </>
      ),
    },
    {
      key: 'environments',
      title: t('environments'),
      render: ({ content }) => content.environments.map(({ name }) => name).join(' → '),
    },
    { key: 'gives', title: t('gives'), render: ({ content }) => <Gifts content={content} />, wide: true },
    { key: 'scope', title: t('scope'), render: ({ scope }) => t(`scopes.${scope}`), wide: true },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (blueprint) =>
        blueprint.scope === own &&
        mayDelete && (
          <Button size="small" danger onClick={() => removal.ask(blueprint)}>
            {t('delete')}
          </Button>
        ),
    },
  ];
  return (
    <>
      <Table
        name="blueprints"
        label={t('title')}
        rows={rows}
        rowKey={({ scope, name }) => `${scope}/${name}`}
        columns={columns}
        error={error}
        searchText={({ name, displayName, description }) => `${name} ${displayName} ${description}`}
        empty={<EmptyState icon="archive" title={t('none')} />}
      />
      <ConfirmRemoval
        removal={removal}
        title={t('deleteTitle')}
        nameOf={({ name }) => name}
        verbOf={(name) => t('deleteNamed', { name })}
      >
        <p>{t('deleteExplanation')}</p>
      </ConfirmRemoval>
    </>
  );
}

/** Beside the environments: groups, limits, variables, and how far the namespaces reach. */
function Gifts({ content }: { content: Blueprint['content'] }) {
  const t = useTranslations('blueprints');
  const modes = useTranslations('projectSecurity');
  const settings = [content, ...content.environments];
  const variables = settings.reduce((sum, { config }) => sum + Object.keys(config).length, 0);
  const limits = Object.entries(content.limits).map(([name, amount]) => `${name} ${amount}`);
  const lines = [
    content.groups.map(({ group, role }) => `${group}: ${role}`).join(', '),
    limits.join(', '),
    variables > 0 ? t('variables', { count: variables }) : '',
    content.network ? modes(`modes.${content.network.mode}`) : '',
  ].filter(Boolean);
  if (lines.length === 0) return '–';
  return (
    <ul className="plain-list">
      {lines.map((line) => (
        <li key={line} className="break">
          {line}
        </li>
      ))}
    </ul>
  );
}
