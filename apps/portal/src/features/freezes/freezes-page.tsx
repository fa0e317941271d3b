'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useLocale, useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMay } from '@/features/identity/use-may';
import { toCli } from '@/lib/cli';
import type { Freeze } from '@/lib/contract';
import { formatMoment } from '@/lib/format';
import { CreateButton } from '@/ui/create-button';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { Page } from '@/ui/page';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { StatusBadge } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { FreezeDialog } from './freeze-dialog';
import { formatLength } from './freeze-form';
import { deleteFreeze, type FreezeOwner, freezesKey, freezesQuery } from './queries';

/** When nothing new is rolled out: of a tenant with the platform's, or the platform's alone. */
export function FreezesPage({ tenant }: { tenant?: string }) {
  const t = useTranslations('freezes');
  const client = useQueryClient();
  const freezes = useQuery(freezesQuery(tenant));
  const may = useMay({ tenant: tenant ?? '', project: '' })('freezes:write');
  const [isCreating, setCreating] = useState(false);
  const removal = useRemoval(
    ({ name }: Freeze) => deleteFreeze(tenant, name),
    () => client.invalidateQueries({ queryKey: tenant === undefined ? freezesKey(tenant) : ['t', tenant] }),
  );
  const [edited, setEdited] = useState<Freeze>();
  const columns = useColumns(tenant, may, setEdited, removal.ask);
  const create = (
    <CreateButton refusal={may ? undefined : t('mayNot')} onClick={() => setCreating(true)}>
      {t('create')}
    </CreateButton>
  );
  const flag = tenant === undefined ? ' --platform' : '';
  const place = tenant === undefined ? {} : { tenant };
  const example = `freezes create weekends --reason 'Nobody is there.' --cron '0 16 * * 5' --for 62h${flag}`;
  const base = tenant === undefined ? '/api/v1/freezes' : `/api/v1/tenants/${tenant}/freezes`;
  return (
    <Page
      title={t(tenant === undefined ? 'adminTitle' : 'title')}
      description={t(tenant === undefined ? 'adminDescription' : 'description')}
      actions={
        <>
          <Equivalents
            items={[
              { title: t('title'), cli: toCli(`freezes list${flag}`, place), api: `GET ${base}` },
              {
                title: t('create'),
                cli: toCli(example, place),
                api: `POST ${base}\n{"name":"weekends","reason":"Nobody is there.","cron":"0 16 * * 5","durationSeconds":223200}`,
              },
            ]}
          />
          {create}
        </>
      }
    >
      <Table
        name="freezes"
        label={t('title')}
        rows={freezes.data}
        rowKey={({ id }) => id}
        columns={columns}
        error={freezes.error}
        searchText={({ name, reason }) => `${name} ${reason}`}
        empty={
          <EmptyState icon="pause" title={t('none')} action={create} command={toCli(example, place)}>
            {t('noneText')}
          </EmptyState>
        }
      />
      <FreezeDialog tenant={tenant} open={isCreating} onClose={() => setCreating(false)} />
      {edited && (
        <FreezeDialog key={edited.id} tenant={tenant} freeze={edited} open onClose={() => setEdited(undefined)} />
      )}
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

function useColumns(
  tenant: FreezeOwner,
  may: boolean,
  onEdit: (freeze: Freeze) => void,
  onDelete: (freeze: Freeze) => void,
): readonly Column<Freeze>[] {
  const t = useTranslations('freezes');
  const locale = useLocale();
  const isOwn = (freeze: Freeze) => (freeze.tenant ?? undefined) === tenant;
  return [
    {
      key: 'name',
      title: t('name'),
      sortBy: ({ name }) => name,
      render: ({ name, reason }) => (
        <>
          <span className="strong">{name}</span>
          <div className="muted break">{reason}</div>
        </>
      ),
    },
    {
      key: 'state',
      title: t('state'),
      sortBy: ({ current, next }) => current?.until ?? next?.from ?? '~',
      render: ({ current, next }) =>
        current ? (
          <span className="status-wrapped">
            <StatusBadge state="paused" label={t('onUntil', { time: formatMoment(current.until, locale) })} />
          </span>
        ) : (
          <span className="muted">{next ? t('nextFrom', { time: formatMoment(next.from, locale) }) : t('over')}</span>
        ),
    },
    {
      key: 'when',
      title: t('when'),
      render: ({ cron, durationSeconds, timeZone, startsAt, endsAt }) =>
        cron ? (
          <span className="break">
            {t.rich('cronFor', {
              cron: () => <code>{cron}</code>,
              duration: formatLength(durationSeconds ?? 0),
              zone: timeZone,
            })}
          </span>
        ) : (
          t('fromTo', {
            from: startsAt ? formatMoment(startsAt, locale) : '–',
            to: endsAt ? formatMoment(endsAt, locale) : '–',
          })
        ),
      wide: true,
    },
    {
      key: 'where',
      title: t('where'),
      render: ({ environmentKinds, projects, applications }) => {
        const parts = [...environmentKinds.map((kind) => t(`kindNames.${kind}`)), ...projects, ...applications];
        return <span className="break">{parts.join(' · ') || t('everywhere')}</span>;
      },
      wide: true,
    },
    {
      key: 'rollback',
      title: t('rollback'),
      render: ({ allowRollback }) => t(allowRollback ? 'rollbackAllowed' : 'rollbackRefused'),
      wide: true,
    },
    ...(tenant === undefined
      ? []
      : [
          {
            key: 'of',
            title: t('of'),
            render: (freeze: Freeze) => t(isOwn(freeze) ? 'tenant' : 'platform'),
            wide: true,
          },
        ]),
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (freeze) =>
        isOwn(freeze) && (
          <span className="nowrap">
            <Button
              size="small"
              disabled={!may}
              title={may ? undefined : t('mayNot')}
              aria-label={t('edit', { name: freeze.name })}
              onClick={() => onEdit(freeze)}
            >
              {t('editVerb')}
            </Button>{' '}
            <Button
              size="small"
              danger
              disabled={!may}
              title={may ? undefined : t('mayNot')}
              onClick={() => onDelete(freeze)}
            >
              {t('delete')}
            </Button>
          </span>
        ),
    },
  ];
}
