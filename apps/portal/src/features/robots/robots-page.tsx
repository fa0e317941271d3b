'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { ShownOnce } from '@/features/identity/shown-once';
import { projectsQuery } from '@/features/projects/queries';
import { toCli } from '@/lib/cli';
import type { Robot } from '@/lib/contract';
import { useAddress } from '@/lib/use-address';
import { CreateButton } from '@/ui/create-button';
import { Dialog } from '@/ui/dialog';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Select } from '@/ui/field';
import { Page } from '@/ui/page';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { NewRobotDialog } from './new-robot-dialog';
import { deleteRobot, disableRobot, robotsQuery, rotateRobot } from './queries';

/** Machines' accounts of a tenant or of one of its projects. */
export function RobotsPage({ tenant }: { tenant: string }) {
  const t = useTranslations('robots');
  const account = useTranslations('account');
  const client = useQueryClient();
  const [chosen, setChosen] = useAddress('project', '');
  const place = { tenant, project: chosen === '' ? undefined : chosen };
  const projects = useQuery(projectsQuery(tenant)).data ?? [];
  const robots = useQuery(robotsQuery(place));
  const [isCreating, setCreating] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: ['t', tenant, 'robots'] });
  const rotation = useMutation({ mutationFn: (name: string) => rotateRobot(place, name), onSuccess: refresh });
  const toggle = useMutation({
    mutationFn: (robot: Robot) => disableRobot(place, robot.name, robot.disabledAt === null),
    onSuccess: refresh,
  });
  const removal = useRemoval((robot: Robot) => deleteRobot(place, robot.name), refresh);
  const columns: readonly Column<Robot>[] = [
    {
      key: 'name',
      title: t('name'),
      sortBy: (robot) => robot.username,
      render: (robot) => <code className="strong">{robot.username}</code>,
    },
    { key: 'scopes', title: t('scopes'), render: (robot) => robot.scopes.join(' '), wide: true },
    {
      key: 'used',
      title: account('lastUse'),
      sortBy: (robot) => robot.lastUsedAt ?? '',
      render: (robot) => (
        <span title={robot.lastUsedFrom ?? undefined}>
          {robot.lastUsedAt ? <Time at={robot.lastUsedAt} /> : account('never')}
        </span>
      ),
    },
    {
      key: 'expires',
      title: t('expires'),
      sortBy: (robot) => robot.expiresAt ?? '',
      render: (robot) => (robot.expiresAt ? <Time at={robot.expiresAt} /> : account('never')),
      wide: true,
    },
    {
      key: 'state',
      title: t('state'),
      render: (robot) => t(robot.disabledAt === null ? 'active' : 'disabled'),
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (robot) => (
        <>
          <Button size="small" loading={rotation.isPending} onClick={() => rotation.mutate(robot.name)}>
            {account('rotate')}
          </Button>{' '}
          <Button size="small" onClick={() => toggle.mutate(robot)}>
            {t(robot.disabledAt === null ? 'disable' : 'enable')}
          </Button>{' '}
          <Button size="small" danger onClick={() => removal.ask(robot)}>
            {t('delete')}
          </Button>
        </>
      ),
    },
  ];
  const problem = rotation.error ?? toggle.error;
  const api = `/api/v1/tenants/${tenant}${place.project ? `/projects/${place.project}` : ''}/robots`;
  const scope = place.project ? { tenant, project: place.project } : { tenant };
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <Equivalents
            items={[
              {
                title: t('title'),
                cli: toCli(place.project ? 'robots list' : 'robots list --of-tenant', scope),
                api: `GET ${api}`,
              },
              {
                title: t('create'),
                cli: toCli(`robots create ci --scope builds:write${place.project ? '' : ' --of-tenant'}`, scope),
                api: `POST ${api}\n{"name":"ci","scopes":["builds:write"]}`,
              },
            ]}
          />
          <CreateButton onClick={() => setCreating(true)}>{t('create')}</CreateButton>
        </>
      }
    >
      {problem ? <ErrorBox error={problem} /> : null}
      <p>
        <Select
          aria-label={t('place')}
          value={chosen}
          onChange={setChosen}
          options={[
            { value: '', label: t('wholeTenant') },
            ...projects.map(({ name }) => ({ value: name, label: name })),
          ]}
        />
      </p>
      <Table
        name="robots"
        label={t('title')}
        rows={robots.data}
        rowKey={(robot) => robot.id}
        columns={columns}
        error={robots.error}
        empty={<EmptyState icon="key" title={t('none')} />}
      />
      <NewRobotDialog place={place} open={isCreating} onClose={() => setCreating(false)} />
      <Dialog open={rotation.data !== undefined} title={account('rotated')} onClose={() => rotation.reset()}>
        <ShownOnce token={rotation.data?.token ?? ''} />
      </Dialog>
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
