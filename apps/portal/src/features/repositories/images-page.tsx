'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { toCli } from '@/lib/cli';
import type { Artifact, Repository } from '@/lib/contract';
import { formatBytes, shorten } from '@/lib/format';
import { useAddress } from '@/lib/use-address';
import { Id } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { Page } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { artifactsQuery, repositoriesQuery } from './queries';

/** The tenant's image repositories; the one looked at is in the address. */
export function ImagesPage({ tenant }: { tenant: string }) {
  const t = useTranslations('images');
  const repositories = useQuery(repositoriesQuery(tenant));
  const [opened, setOpened] = useAddress('repository', '');
  const columns: readonly Column<Repository>[] = [
    {
      key: 'name',
      title: t('repository'),
      sortBy: (repository) => repository.name,
      render: (repository) => (
        <button type="button" className="text-button" onClick={() => setOpened(repository.name)}>
          <code>{repository.name}</code>
        </button>
      ),
    },
    {
      key: 'artifacts',
      title: t('artifacts'),
      sortBy: (repository) => repository.artifactCount,
      render: (repository) => <span className="tabular">{repository.artifactCount}</span>,
      align: 'right',
    },
  ];
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <Equivalents
          items={[
            {
              title: t('title'),
              cli: toCli('repositories list', { tenant }),
              api: `GET /api/v1/tenants/${tenant}/repositories`,
            },
          ]}
        />
      }
    >
      <Table
        name="repositories"
        label={t('title')}
        rows={repositories.data}
        rowKey={(repository) => repository.name}
        columns={columns}
        error={repositories.error}
        searchText={(repository) => repository.name}
        empty={
          <EmptyState
            icon="images"
            title={t('emptyTitle')}
            command={`docker login 127.0.0.1:7601\ndocker push 127.0.0.1:7601/${tenant}/shop/web:1.0`}
          >
            {t('empty')}
          </EmptyState>
        }
      />
      <Dialog as="drawer" wide open={opened !== ''} title={opened} onClose={() => setOpened('')}>
        {opened !== '' && <Artifacts tenant={tenant} repository={opened} />}
      </Dialog>
    </Page>
  );
}

function Artifacts({ tenant, repository }: { tenant: string; repository: string }) {
  const t = useTranslations('images');
  const artifacts = useQuery(artifactsQuery(tenant, repository));
  const columns: readonly Column<Artifact>[] = [
    {
      key: 'digest',
      title: t('digest'),
      render: (artifact) => <Id value={artifact.digest} short={shorten(artifact.digest)} />,
    },
    {
      key: 'tags',
      title: t('tags'),
      render: (artifact) =>
        artifact.tags.map((tag) => (
          <code key={tag} className="tag">
            {tag}
          </code>
        )),
    },
    {
      key: 'size',
      title: t('size'),
      sortBy: (artifact) => artifact.sizeBytes,
      render: (artifact) => <span className="tabular nowrap">{formatBytes(artifact.sizeBytes)}</span>,
      align: 'right',
    },
    {
      key: 'pushed',
      title: t('pushed'),
      sortBy: (artifact) => artifact.pushedAt ?? '',
      render: (artifact) => <Time at={artifact.pushedAt} />,
      align: 'right',
    },
  ];
  return (
    <Table
      name="artifacts"
      label={t('artifactsOf', { repository })}
      rows={artifacts.data}
      rowKey={(artifact) => artifact.digest}
      columns={columns}
      error={artifacts.error}
      empty={<p className="muted pad">{t('noArtifacts')}</p>}
    />
  );
}
