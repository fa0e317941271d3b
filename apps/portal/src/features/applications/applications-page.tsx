'use client';
import { useTranslations } from 'next-intl';
import { toCli } from '@/lib/cli';
import { toNewApplication } from '@/lib/paths';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { LinkButton } from '@/ui/link-button';
import { Page } from '@/ui/page';
import { Table } from '@/ui/table';
import { useApplicationColumns } from './application-columns';
import { useTenantApplications } from './use-tenant-applications';

/** All applications of a tenant, over its projects. */
export function ApplicationsPage({ tenant }: { tenant: string }) {
  const t = useTranslations('applications');
  const { rows, error } = useTenantApplications(tenant);
  const columns = useApplicationColumns(tenant, { withProject: true });
  const create = (
    <LinkButton href={toNewApplication(tenant)} icon="plus" primary>
      {t('new')}
    </LinkButton>
  );
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
                cli: toCli('apps list', { tenant, project: '…' }),
                api: `GET /api/v1/tenants/${tenant}/projects/{project}/applications`,
              },
            ]}
          />
          {create}
        </>
      }
    >
      <Table
        name="applications"
        label={t('title')}
        rows={rows}
        rowKey={(row) => row.id}
        columns={columns}
        error={error}
        searchText={(row) =>
          `${row.name} ${row.project} ${row.environments.map((entry) => `${entry.state} ${entry.url}`).join(' ')}`
        }
        empty={
          <EmptyState icon="applications" title={t('emptyTitle')} action={create} command="slipway deploy">
            {t('empty')}
          </EmptyState>
        }
      />
    </Page>
  );
}
