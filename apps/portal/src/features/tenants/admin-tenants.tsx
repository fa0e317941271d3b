'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { TenantStateDialog } from '@/features/onboarding/tenant-state-dialog';
import type { Tenant } from '@/lib/contract';
import { toTenant } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { CreateButton } from '@/ui/create-button';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { Page } from '@/ui/page';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { StatusBadge } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { NewTenantDialog } from './new-tenant-dialog';
import { deleteTenant, tenantsQuery } from './queries';

export function AdminTenants() {
  const t = useTranslations('adminTenants');
  const announce = useAnnounce();
  const client = useQueryClient();
  const tenants = useQuery({ ...tenantsQuery(), refetchInterval: 10_000 });
  const [isCreating, setCreating] = useState(false);
  const [moving, setMoving] = useState<string>();
  const removal = useRemoval(
    (tenant: Tenant) => deleteTenant(tenant.name),
    ({ name }) => {
      announce(t('deleted', { name }));
      return client.invalidateQueries({ queryKey: ['tenants'] });
    },
  );
  const create = <CreateButton onClick={() => setCreating(true)}>{t('create')}</CreateButton>;
  const columns: readonly Column<Tenant>[] = [
    {
      key: 'name',
      title: t('name'),
      sortBy: (tenant) => tenant.name,
      render: (tenant) => (
        <Link href={toTenant(tenant.name)} className="strong">
          {tenant.name}
        </Link>
      ),
    },
    {
      key: 'displayName',
      title: t('displayName'),
      sortBy: (tenant) => tenant.displayName,
      render: (tenant) => tenant.displayName,
      wide: true,
    },
    {
      key: 'state',
      title: t('state'),
      sortBy: (tenant) => tenant.state,
      render: (tenant) => <StatusBadge state={tenant.state} />,
    },
    {
      key: 'projects',
      title: t('projects'),
      sortBy: (tenant) => tenant.projectCount,
      render: (tenant) => <span className="tabular">{tenant.projectCount}</span>,
      align: 'right',
      wide: true,
    },
    {
      key: 'members',
      title: t('members'),
      sortBy: (tenant) => tenant.memberCount,
      render: (tenant) => <span className="tabular">{tenant.memberCount}</span>,
      align: 'right',
      wide: true,
    },
    {
      key: 'created',
      title: t('created'),
      sortBy: (tenant) => tenant.createdAt,
      render: (tenant) => <Time at={tenant.createdAt} />,
      align: 'right',
      wide: true,
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (tenant) => (
        <>
          <Button size="small" onClick={() => setMoving(tenant.name)}>
            {t('changeState')}
          </Button>{' '}
          <Button
            size="small"
            danger
            onClick={() => removal.ask(tenant)}
            aria-label={t('deleteNamed', { name: tenant.name })}
          >
            {t('delete')}
          </Button>
        </>
      ),
    },
  ];
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <Equivalents
            items={[
              { title: t('title'), cli: 'slipway tenants list', api: 'GET /api/v1/tenants' },
              {
                title: t('create'),
                cli: 'slipway tenants create acme --owner alice',
                api: 'POST /api/v1/tenants\n{"name":"acme","owner":"alice"}',
              },
              { title: t('delete'), cli: 'slipway tenants delete acme', api: 'DELETE /api/v1/tenants/acme' },
            ]}
          />
          {create}
        </>
      }
    >
      <Table
        name="tenants"
        label={t('title')}
        rows={tenants.data}
        rowKey={(tenant) => tenant.id}
        columns={columns}
        error={tenants.error}
        searchText={(tenant) => `${tenant.name} ${tenant.displayName} ${tenant.state}`}
        empty={
          <EmptyState
            icon="tenants"
            title={t('emptyTitle')}
            action={create}
            command="slipway tenants create acme --owner alice"
          >
            {t('empty')}
          </EmptyState>
        }
      />
      {moving ? <TenantStateDialog tenant={moving} onClose={() => setMoving(undefined)} /> : null}
      <NewTenantDialog open={isCreating} onClose={() => setCreating(false)} />
      <ConfirmRemoval
        removal={removal}
        title={t('deleteTitle')}
        nameOf={({ name }) => name}
        verbOf={(name) => t('deleteNamed', { name })}
      >
        <p>{t('deleteExplanation', { projects: removal.doomed?.projectCount ?? 0 })}</p>
      </ConfirmRemoval>
    </Page>
  );
}
