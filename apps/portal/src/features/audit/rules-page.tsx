'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { CreateButton } from '@/ui/create-button';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { LinkButton } from '@/ui/link-button';
import { Page } from '@/ui/page';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { StatusBadge } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { type AuditRule, deleteRule, rulesQuery, switchRule } from './queries';
import { RuleDialog } from './rule-dialog';

/** Which rows of the log somebody is to hear of. */
export function RulesPage({ tenant }: { tenant?: string }) {
  const t = useTranslations('auditRules');
  const client = useQueryClient();
  const rules = useQuery(rulesQuery(tenant));
  const [isAdding, setAdding] = useState(false);
  const renew = () => client.invalidateQueries({ queryKey: ['audit-rules'] });
  const turn = useMutation({
    mutationFn: (rule: AuditRule) => switchRule(tenant, rule.name, !rule.isEnabled),
    onSuccess: renew,
  });
  const removal = useRemoval((rule: AuditRule) => deleteRule(tenant, rule.name), renew);
  const flag = tenant ? `--tenant ${tenant}` : '--all';
  const path = `/api/v1/${tenant ? `tenants/${tenant}/` : ''}audit-rules`;
  const example = `slipway audit rules create glass --preset break-glass ${flag}`;
  const create = <CreateButton onClick={() => setAdding(true)}>{t('create')}</CreateButton>;
  const columns: readonly Column<AuditRule>[] = [
    { key: 'name', title: t('name'), sortBy: (rule) => rule.name, render: (rule) => <code>{rule.name}</code> },
    {
      key: 'state',
      title: t('state'),
      render: ({ isEnabled }) => (
        <StatusBadge
          state={isEnabled ? 'on' : 'off'}
          tone={isEnabled ? 'healthy' : 'idle'}
          label={t(isEnabled ? 'on' : 'off')}
        />
      ),
    },
    { key: 'severity', title: t('severity'), render: ({ severity }) => t(`severities.${severity}`) },
    {
      key: 'filter',
      title: t('filter'),
      render: ({ filter }) => <span className="break">{toWords(filter) || t('everything')}</span>,
    },
    {
      key: 'times',
      title: t('times'),
      wide: true,
      render: ({ threshold, windowSeconds }) =>
        threshold === 1 ? t('each') : t('within', { count: threshold, seconds: windowSeconds }),
    },
    {
      key: 'channels',
      title: t('channels'),
      wide: true,
      render: ({ channels }) => channels.map((channel) => t(`channel.${channel}`)).join(', '),
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (rule) => (
        <span className="nowrap">
          <Button
            size="small"
            onClick={() => turn.mutate(rule)}
            aria-label={t(rule.isEnabled ? 'stopNamed' : 'startNamed', { name: rule.name })}
          >
            {t(rule.isEnabled ? 'stop' : 'start')}
          </Button>{' '}
          <Button
            size="small"
            danger
            onClick={() => removal.ask(rule)}
            aria-label={t('deleteNamed', { name: rule.name })}
          >
            {t('delete')}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <LinkButton href={tenant ? `/t/${tenant}/audit` : '/admin/audit'}>{t('back')}</LinkButton>
          <Equivalents
            items={[
              { title: t('title'), cli: `slipway audit rules list ${flag}`, api: `GET ${path}` },
              { title: t('create'), cli: example, api: `POST ${path}` },
            ]}
          />
          {create}
        </>
      }
    >
      {turn.error ? <ErrorBox error={turn.error} /> : null}
      <Table
        name="audit-rules"
        label={t('title')}
        rows={rules.data}
        rowKey={(rule) => rule.id}
        columns={columns}
        error={rules.error}
        empty={
          <EmptyState icon="audit" title={t('emptyTitle')} action={create} command={example}>
            {t('empty')}
          </EmptyState>
        }
      />
      {isAdding && <RuleDialog tenant={tenant} onClose={() => setAdding(false)} />}
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

/** The filter as the command line takes it. */
function toWords({ actions = [], ...rest }: AuditRule['filter']): string {
  const single = Object.entries(rest).map(([name, value]) => `${name}: ${value}`);
  return [...actions, ...single].join(' · ');
}
