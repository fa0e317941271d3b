'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMay } from '@/features/identity/use-may';
import { toCli } from '@/lib/cli';
import type { Train } from '@/lib/contract';
import { type ProjectRef, toTrain } from '@/lib/paths';
import { CreateButton } from '@/ui/create-button';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { Page } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { NewTrainDialog } from './new-train-dialog';
import { trainsQuery } from './queries';

/** The trains of a project: several applications released together. */
export function TrainsPage({ tenant, project }: ProjectRef) {
  const t = useTranslations('trains');
  const place = { tenant, project };
  const trains = useQuery(trainsQuery(place));
  const may = useMay(place)('rollouts:write');
  const [isCreating, setCreating] = useState(false);
  const columns = useColumns(place);
  const create = (
    <CreateButton refusal={may ? undefined : t('mayNot')} onClick={() => setCreating(true)}>
      {t('create')}
    </CreateButton>
  );
  const example = toCli('trains create -f spring.yaml', place);
  const base = `/api/v1/tenants/${tenant}/projects/${project}/trains`;
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <Equivalents
            items={[
              { title: t('title'), cli: toCli('trains list', place), api: `GET ${base}` },
              {
                title: t('create'),
                cli: example,
                api: `POST ${base}\n{"name":"spring","environment":"production","cars":[{"application":"catalog","release":12},{"application":"web","release":7,"after":["catalog"]}]}`,
              },
            ]}
          />
          {create}
        </>
      }
    >
      <Table
        name="trains"
        label={t('title')}
        rows={trains.data}
        rowKey={({ id }) => id}
        columns={columns}
        error={trains.error}
        searchText={({ name, cars }) => `${name} ${cars.map(({ application }) => application).join(' ')}`}
        empty={
          <EmptyState icon="play" title={t('none')} action={create} command={example}>
            {t('noneText')}
          </EmptyState>
        }
      />
      <NewTrainDialog place={place} open={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function useColumns(place: ProjectRef): readonly Column<Train>[] {
  const t = useTranslations('trains');
  return [
    {
      key: 'name',
      title: t('name'),
      sortBy: ({ name }) => name,
      render: ({ name }) => (
        <Link className="strong" href={toTrain(place, name)}>
          {name}
        </Link>
      ),
    },
    {
      key: 'state',
      title: t('state'),
      sortBy: ({ state }) => state,
      render: ({ state }) => <StatusBadge state={state} />,
    },
    { key: 'environment', title: t('environment'), render: ({ environment }) => environment },
    {
      key: 'cars',
      title: t('cars'),
      render: ({ cars }) => <span className="break">{cars.map(({ application }) => application).join(' · ')}</span>,
      wide: true,
    },
    { key: 'by', title: t('by'), render: ({ createdBy }) => createdBy, wide: true },
    {
      key: 'started',
      title: t('started'),
      sortBy: ({ createdAt }) => createdAt,
      render: ({ createdAt }) => <Time at={createdAt} />,
    },
  ];
}
