'use client';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { AdoptableNamespace } from '@/lib/contract';
import { formatBytes, parseQuantity } from '@/lib/format';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { Page } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { AdoptDialog } from './adopt-dialog';
import { AdoptionResults } from './adoption-results';
import { adoptionsQuery, namespacesQuery } from './queries';

const commands = [
  { title: 'list', cli: 'slipway namespaces list', api: 'GET /api/v1/clusters/embedded/namespaces' },
  {
    title: 'adopt',
    cli: 'slipway namespaces adopt legacy=acme/shop/legacy --kind production',
    api: 'POST /api/v1/clusters/embedded/adoptions?dryRun=true',
  },
  {
    title: 'release',
    cli: 'slipway namespaces release legacy',
    api: 'POST /api/v1/clusters/embedded/namespaces/legacy/release',
  },
] as const;

/** Namespaces that no tenant owns: choose, see the plan, give them away, follow it. */
export function NamespacesPage() {
  const t = useTranslations('adoptions');
  const namespaces = useQuery(namespacesQuery());
  const adoptions = useQuery(adoptionsQuery());
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isAdopting, setAdopting] = useState(false);
  const rows = namespaces.data;
  const there = (rows ?? []).filter(({ name }) => chosen.has(name)).map(({ name }) => name);
  const toggle = (name: string) =>
    setChosen((before) => new Set(before.has(name) ? [...before].filter((one) => one !== name) : [...before, name]));
  const number = (key: 'pods' | 'workloads' | 'services' | 'volumes', isWide = false): Column<AdoptableNamespace> => ({
    key,
    title: t(key),
    sortBy: (one) => one[key],
    render: (one) => <span className="tabular">{one[key]}</span>,
    align: 'right',
    wide: isWide,
  });
  const columns: readonly Column<AdoptableNamespace>[] = [
    {
      key: 'choose',
      title: '',
      render: ({ name, state }) => (
        <input
          type="checkbox"
          checked={chosen.has(name)}
          disabled={state !== 'active'}
          onChange={() => toggle(name)}
          aria-label={t('choose', { name })}
        />
      ),
    },
    { key: 'name', title: t('name'), sortBy: ({ name }) => name, render: ({ name }) => <code>{name}</code> },
    number('pods'),
    number('workloads', true),
    number('services', true),
    number('volumes', true),
    {
      key: 'cpu',
      title: t('cpu'),
      sortBy: ({ requests }) => parseQuantity(requests.cpu),
      render: ({ requests }) => <span className="tabular">{requests.cpu}</span>,
      align: 'right',
    },
    {
      key: 'memory',
      title: t('memory'),
      sortBy: ({ requests }) => parseQuantity(requests.memory),
      render: ({ requests }) => <span className="tabular nowrap">{formatBytes(parseQuantity(requests.memory))}</span>,
      align: 'right',
    },
  ];
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <Equivalents items={commands.map(({ title, ...rest }) => ({ title: t(`commands.${title}`), ...rest }))} />
          <Button type="primary" disabled={there.length === 0} onClick={() => setAdopting(true)}>
            {t('adoptChosen', { count: there.length })}
          </Button>
        </>
      }
    >
      <Table
        name="namespaces"
        label={t('title')}
        rows={rows}
        rowKey={({ name }) => name}
        columns={columns}
        error={namespaces.error}
        searchText={({ name }) => name}
        empty={
          <EmptyState icon="clusters" title={t('emptyTitle')} command="slipway namespaces list">
            {t('empty')}
          </EmptyState>
        }
      />
      <AdoptionResults adoptions={adoptions.data ?? []} />
      {isAdopting && (
        <AdoptDialog
          namespaces={there}
          onClose={() => setAdopting(false)}
          onStarted={() => {
            setAdopting(false);
            setChosen(new Set());
          }}
        />
      )}
    </Page>
  );
}
