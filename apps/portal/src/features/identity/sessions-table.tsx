'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import type { Session } from '@/lib/contract';
import { ErrorBox } from '@/ui/error-box';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { endSession, endSessions, sessionsQuery } from './queries';

/** Where I am signed in, or (for administrators) where a user is; each session can be ended. */
export function SessionsTable({ username }: { username?: string }) {
  const t = useTranslations('account');
  const client = useQueryClient();
  const query = sessionsQuery(username);
  const sessions = useQuery(query);
  const refresh = () => client.invalidateQueries({ queryKey: query.queryKey });
  const end = useMutation({ mutationFn: (id: string) => endSession(id, username), onSuccess: refresh });
  const endAll = useMutation({ mutationFn: () => endSessions(username), onSuccess: refresh });
  const columns: readonly Column<Session>[] = [
    {
      key: 'device',
      title: t('device'),
      render: (session) => (
        <span title={session.device ?? undefined}>
          {t(session.kind === 'cli' ? 'commandLine' : 'browser')} <span className="muted">{session.device}</span>
          {session.isCurrent ? ` · ${t('thisOne')}` : ''}
        </span>
      ),
    },
    { key: 'address', title: t('address'), render: (session) => session.address ?? '', wide: true },
    { key: 'since', title: t('since'), render: (session) => <Time at={session.createdAt} />, wide: true },
    {
      key: 'used',
      title: t('lastUse'),
      render: (session) => (session.lastUsedAt ? <Time at={session.lastUsedAt} /> : t('never')),
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (session) =>
        session.isCurrent ? null : (
          <Button size="small" loading={end.isPending} onClick={() => end.mutate(session.id)}>
            {t('end')}
          </Button>
        ),
    },
  ];
  const problem = end.error ?? endAll.error;
  return (
    <>
      {problem ? <ErrorBox error={problem} /> : null}
      <Table
        name="sessions"
        label={t('sessions')}
        rows={sessions.data}
        rowKey={(session) => session.id}
        columns={columns}
        error={sessions.error}
        empty={<p className="muted pad">{t('noSessions')}</p>}
        actions={
          <Button size="small" loading={endAll.isPending} onClick={() => endAll.mutate()}>
            {t(username === undefined ? 'endOthers' : 'endAll')}
          </Button>
        }
      />
    </>
  );
}
