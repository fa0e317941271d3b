'use client';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { meQuery } from '@/features/identity/queries';
import { RequestTenantDialog } from '@/features/onboarding/request-tenant-dialog';
import { toTenant } from '@/lib/paths';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Icon } from '@/ui/icon';
import { Page } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { NewTenantDialog } from './new-tenant-dialog';
import { tenantsQuery } from './queries';

export function TenantChooser() {
  const t = useTranslations('chooser');
  const tenants = useQuery(tenantsQuery());
  const me = useQuery(meQuery()).data;
  const [isCreating, setCreating] = useState(false);
  const ask = useTranslations('requestTenant');
  const [isAsking, setAsking] = useState(false);
  const create = me && (
    <Button
      type="primary"
      icon={<Icon name="plus" size={14} />}
      onClick={() => (me.isAdmin ? setCreating(true) : setAsking(true))}
    >
      {me.isAdmin ? t('create') : ask('ask')}
    </Button>
  );
  return (
    <main id="content" className="main main-alone" tabIndex={-1}>
      <Page
        narrow
        title={t('title')}
        description={t('description')}
        actions={
          <>
            <Equivalents items={[{ title: t('title'), cli: 'slipway tenants list', api: 'GET /api/v1/tenants' }]} />
            {tenants.data && tenants.data.length > 0 && create}
          </>
        }
      >
        {tenants.error && !tenants.data && <ErrorBox error={tenants.error} />}
        {tenants.data?.length === 0 && (
          <EmptyState
            icon="tenants"
            title={me?.isAdmin ? t('emptyAdminTitle') : t('emptyTitle')}
            action={create}
            command={me?.isAdmin ? 'slipway tenants create acme' : 'slipway tenants request acme --purpose "…"'}
          >
            {me?.isAdmin ? t('emptyAdmin') : t('empty', { name: me?.username ?? '' })}
          </EmptyState>
        )}
        {tenants.data && tenants.data.length > 0 && (
          <ul className="cards">
            {tenants.data.map((tenant) => (
              <li key={tenant.name}>
                <Link href={toTenant(tenant.name)} className="card">
                  <span className="card-letter" aria-hidden="true">
                    {tenant.name.slice(0, 1).toUpperCase()}
                  </span>
                  <span className="card-text">
                    <strong>{tenant.displayName || tenant.name}</strong>
                    <span className="muted">
                      {t('counts', { name: tenant.name, projects: tenant.projectCount, members: tenant.memberCount })}
                    </span>
                  </span>
                  <StatusBadge state={tenant.state} quiet />
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Page>
      <RequestTenantDialog open={isAsking} onClose={() => setAsking(false)} />
      <NewTenantDialog open={isCreating} onClose={() => setCreating(false)} />
    </main>
  );
}
