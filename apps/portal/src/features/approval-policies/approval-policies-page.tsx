'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { ApprovalPolicy } from '@/lib/contract';
import { CreateButton } from '@/ui/create-button';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { Page } from '@/ui/page';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { type Column, Table } from '@/ui/table';
import { NewPolicyDialog } from './new-policy-dialog';
import { PolicySentence } from './policy-sentence';
import { approvalPoliciesQuery, deleteApprovalPolicy } from './queries';

const example = "slipway approval-policies create small --platform --kind quota --when 'cpu<=4' --approvals 0";

/** Who must consent to what on the platform, in plain sentences. */
export function ApprovalPoliciesPage() {
  const t = useTranslations('approvalPolicies');
  const client = useQueryClient();
  const policies = useQuery(approvalPoliciesQuery());
  const [isCreating, setCreating] = useState(false);
  const removal = useRemoval(
    (policy: ApprovalPolicy) => deleteApprovalPolicy(policy.name),
    () => client.invalidateQueries({ queryKey: ['approval-policies'] }),
  );
  const create = <CreateButton onClick={() => setCreating(true)}>{t('create')}</CreateButton>;
  const columns: readonly Column<ApprovalPolicy>[] = [
    {
      key: 'priority',
      title: t('priority'),
      sortBy: (policy) => policy.priority,
      render: (policy) => <span className="tabular">{policy.priority}</span>,
    },
    { key: 'name', title: t('name'), sortBy: (policy) => policy.name, render: (policy) => <code>{policy.name}</code> },
    { key: 'sentence', title: t('says'), render: (policy) => <PolicySentence policy={policy} /> },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (policy) => (
        <Button
          size="small"
          danger
          onClick={() => removal.ask(policy)}
          aria-label={t('deleteNamed', { name: policy.name })}
        >
          {t('delete')}
        </Button>
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
              { title: t('title'), cli: 'slipway approval-policies --platform', api: 'GET /api/v1/approval-policies' },
              {
                title: t('create'),
                cli: example,
                api: 'POST /api/v1/approval-policies\n{"name":"small","kind":"quota","conditions":[{"path":"cpu","atMost":"4"}],"approvalsNeeded":0}',
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
        searchText={(policy) => `${policy.name} ${policy.kind}`}
        empty={
          <EmptyState icon="check" title={t('emptyTitle')} action={create} command={example}>
            {t('empty')}
          </EmptyState>
        }
      />
      <NewPolicyDialog open={isCreating} onClose={() => setCreating(false)} />
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
