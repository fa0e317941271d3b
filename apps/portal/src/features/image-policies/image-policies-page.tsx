'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { CreateButton } from '@/ui/create-button';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { Page } from '@/ui/page';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { StatusBadge } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { ExemptionsDialog } from './exemptions-dialog';
import { ImageReports } from './image-reports';
import { ImageVerdicts } from './image-verdicts';
import { PolicyDialog } from './policy-dialog';
import { PolicyWords } from './policy-words';
import { deletePolicy, type ImagePolicy, policiesQuery } from './queries';

const tones = { audit: 'idle', warn: 'degraded', enforce: 'healthy' } as const;

/** What images may run: of the platform, or what holds in one tenant. */
export function ImagePoliciesPage({ tenant }: { tenant?: string }) {
  const t = useTranslations('imagePolicies');
  const client = useQueryClient();
  const policies = useQuery(policiesQuery(tenant));
  const [edited, setEdited] = useState<ImagePolicy | 'new'>();
  const [exempting, setExempting] = useState<string>();
  const removal = useRemoval(
    (policy: ImagePolicy) => deletePolicy(tenant, policy.name),
    () => client.invalidateQueries({ queryKey: ['image-policies'] }),
  );
  const isOwn = (policy: ImagePolicy) => (policy.tenant ?? undefined) === tenant;
  const flag = tenant === undefined ? ' --platform' : '';
  const path = tenant === undefined ? '/api/v1/image-policies' : `/api/v1/tenants/${tenant}/image-policies`;
  const example = `slipway policies create mended${flag} --max-severity high --only-fixable`;
  const opened = policies.data?.find(({ id }) => id === exempting);
  const create = <CreateButton onClick={() => setEdited('new')}>{t('create')}</CreateButton>;
  const columns: readonly Column<ImagePolicy>[] = [
    {
      key: 'name',
      title: t('name'),
      sortBy: (policy) => policy.name,
      render: (policy) => (
        <>
          <code>{policy.name}</code> {tenant && !isOwn(policy) && <span className="muted">{t('ofPlatform')}</span>}
        </>
      ),
    },
    {
      key: 'mode',
      title: t('mode'),
      render: ({ mode }) => <StatusBadge state={mode} tone={tones[mode]} label={t(`modes.${mode}`)} />,
    },
    { key: 'words', title: t('asks'), render: (policy) => <PolicyWords policy={policy} /> },
    {
      key: 'kinds',
      title: t('where'),
      wide: true,
      render: ({ environmentKinds }) =>
        environmentKinds.length === 0 ? t('everywhere') : environmentKinds.map((kind) => t(`kinds.${kind}`)).join(', '),
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (policy) => (
        <span className="nowrap">
          <Button size="small" onClick={() => setExempting(policy.id)}>
            {t('exemptions', { count: policy.exemptions.length })}
          </Button>{' '}
          {isOwn(policy) && (
            <>
              <Button size="small" onClick={() => setEdited(policy)} aria-label={t('editTitle', { name: policy.name })}>
                {t('edit')}
              </Button>{' '}
              <Button
                size="small"
                danger
                onClick={() => removal.ask(policy)}
                aria-label={t('deleteNamed', { name: policy.name })}
              >
                {t('delete')}
              </Button>
            </>
          )}
        </span>
      ),
    },
  ];
  return (
    <Page
      title={t('title')}
      description={tenant ? t('tenantDescription') : t('description')}
      actions={
        <>
          <Equivalents
            items={[
              { title: t('title'), cli: `slipway policies list${flag}`, api: `GET ${path}` },
              { title: t('create'), cli: example, api: `POST ${path}` },
              {
                title: t('reports'),
                cli: `slipway images report sha256:…${flag} --file report.json`,
                api: `POST ${path.replace('image-policies', 'image-reports')}?image=sha256:…`,
              },
            ]}
          />
          {create}
        </>
      }
    >
      <Table
        name="policies"
        label={t('title')}
        rows={policies.data}
        rowKey={(policy) => policy.id}
        columns={columns}
        error={policies.error}
        searchText={(policy) => policy.name}
        empty={
          <EmptyState icon="check" title={t('emptyTitle')} action={create} command={example}>
            {t('empty')}
          </EmptyState>
        }
      />
      <ImageReports tenant={tenant} />
      <ImageVerdicts tenant={tenant} />
      {edited && (
        <PolicyDialog
          tenant={tenant}
          policy={edited === 'new' ? undefined : edited}
          onClose={() => setEdited(undefined)}
        />
      )}
      {opened && (
        <ExemptionsDialog
          tenant={tenant}
          policy={opened}
          canChange={isOwn(opened)}
          onClose={() => setExempting(undefined)}
        />
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
