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
import { type AuditStream, deleteStream, streamsQuery, switchStream, testStream } from './queries';
import { StreamDialog } from './stream-dialog';

const tones = { delivering: 'healthy', failing: 'failed', off: 'idle' } as const;

/** Where the log is sent, and how far it has come there. */
export function StreamsPage({ tenant }: { tenant?: string }) {
  const t = useTranslations('auditStreams');
  const client = useQueryClient();
  const streams = useQuery(streamsQuery(tenant));
  const [isAdding, setAdding] = useState(false);
  const renew = () => client.invalidateQueries({ queryKey: ['audit-streams'] });
  const turn = useMutation({
    mutationFn: (stream: AuditStream) => switchStream(tenant, stream.name, !stream.isEnabled),
    onSuccess: renew,
  });
  const trial = useMutation({ mutationFn: (name: string) => testStream(tenant, name) });
  const removal = useRemoval((stream: AuditStream) => deleteStream(tenant, stream.name), renew);
  const flag = tenant ? `--tenant ${tenant}` : '--all';
  const path = `/api/v1/${tenant ? `tenants/${tenant}/` : ''}audit-streams`;
  const example = `slipway audit streams create siem ${flag} --syslog siem.example.org:6514`;
  const create = <CreateButton onClick={() => setAdding(true)}>{t('create')}</CreateButton>;
  const columns: readonly Column<AuditStream>[] = [
    { key: 'name', title: t('name'), sortBy: ({ name }) => name, render: ({ name }) => <code>{name}</code> },
    {
      key: 'state',
      title: t('state'),
      render: ({ state, lastError }) => (
        <>
          <StatusBadge state={state} tone={tones[state]} label={t(`states.${state}`)} />
          {lastError && <div className="muted break">{lastError}</div>}
        </>
      ),
    },
    { key: 'target', title: t('target'), render: ({ target }) => <span className="break">{toAddress(target)}</span> },
    { key: 'delivered', title: t('delivered'), align: 'right', wide: true, render: ({ delivered }) => delivered },
    { key: 'lag', title: t('lag'), align: 'right', render: ({ lagSeconds }) => t('seconds', { seconds: lagSeconds }) },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (stream) => (
        <span className="nowrap">
          <Button
            size="small"
            loading={trial.isPending && trial.variables === stream.name}
            onClick={() => trial.mutate(stream.name)}
            aria-label={t('testNamed', { name: stream.name })}
          >
            {t('test')}
          </Button>{' '}
          <Button
            size="small"
            onClick={() => turn.mutate(stream)}
            aria-label={t(stream.isEnabled ? 'stopNamed' : 'startNamed', { name: stream.name })}
          >
            {t(stream.isEnabled ? 'stop' : 'start')}
          </Button>{' '}
          <Button
            size="small"
            danger
            onClick={() => removal.ask(stream)}
            aria-label={t('deleteNamed', { name: stream.name })}
          >
            {t('delete')}
          </Button>
        </span>
      ),
    },
  ];
  const problem = turn.error ?? trial.error;
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <LinkButton href={tenant ? `/t/${tenant}/audit` : '/admin/audit'}>{t('back')}</LinkButton>
          <Equivalents
            items={[
              { title: t('title'), cli: `slipway audit streams list ${flag}`, api: `GET ${path}` },
              { title: t('create'), cli: example, api: `POST ${path}` },
            ]}
          />
          {create}
        </>
      }
    >
      {problem ? <ErrorBox error={problem} /> : null}
      {trial.data && (
        <p role="status">
          {trial.data.isDelivered
            ? t('taken', { milliseconds: trial.data.milliseconds })
            : t('notTaken', { reason: trial.data.error ?? '' })}
        </p>
      )}
      <Table
        name="audit-streams"
        label={t('title')}
        rows={streams.data}
        rowKey={(stream) => stream.id}
        columns={columns}
        error={streams.error}
        empty={
          <EmptyState icon="audit" title={t('emptyTitle')} action={create} command={example}>
            {t('empty')}
          </EmptyState>
        }
      />
      {isAdding && <StreamDialog tenant={tenant} onClose={() => setAdding(false)} />}
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

function toAddress(target: AuditStream['target']): string {
  switch (target.type) {
    case 'syslog':
      return `syslog ${target.host}:${target.port}`;
    case 'webhook':
      return target.url;
    case 's3':
      return `${target.endpoint}/${target.bucket}`;
  }
}
