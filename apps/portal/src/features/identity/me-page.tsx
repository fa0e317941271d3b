'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { PersonalToken } from '@/lib/contract';
import { CodeBlock } from '@/ui/copy';
import { CreateButton } from '@/ui/create-button';
import { Dialog } from '@/ui/dialog';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Facts, Page, Section } from '@/ui/page';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { ActedSection } from './acted-section';
import { NewTokenDialog } from './new-token-dialog';
import { deleteToken, meQuery, rotateToken, tokensQuery } from './queries';
import { SecondFactorSection } from './second-factor-section';
import { SessionsTable } from './sessions-table';
import { ShownOnce } from './shown-once';

/** Who I am, my tokens, and how to use the command line. */
export function MePage({ apiUrl }: { apiUrl: string }) {
  const t = useTranslations('me');
  const account = useTranslations('account');
  const client = useQueryClient();
  const me = useQuery(meQuery()).data;
  const tokens = useQuery(tokensQuery());
  const [isCreating, setCreating] = useState(false);
  const removal = useRemoval(
    (token: PersonalToken) => deleteToken(token.id),
    () => client.invalidateQueries({ queryKey: ['me', 'tokens'] }),
  );
  const rotation = useMutation({
    mutationFn: rotateToken,
    onSuccess: () => client.invalidateQueries({ queryKey: ['me', 'tokens'] }),
  });
  const columns: readonly Column<PersonalToken>[] = [
    {
      key: 'name',
      title: t('tokenName'),
      sortBy: (token) => token.name,
      render: (token) => <span className="strong">{token.name}</span>,
    },
    { key: 'prefix', title: t('prefix'), render: (token) => <code>{token.prefix}…</code>, wide: true },
    {
      key: 'scopes',
      title: account('scopes'),
      render: (token) => (
        <>
          {token.scopes?.join(' ') ?? account('allScopes')}
          {token.tenant === null ? '' : ` · ${token.tenant}`}
        </>
      ),
      wide: true,
    },
    {
      key: 'used',
      title: account('lastUse'),
      sortBy: (token) => token.lastUsedAt ?? '',
      render: (token) => (
        <span title={token.lastUsedFrom ?? undefined}>
          {token.lastUsedAt ? <Time at={token.lastUsedAt} /> : account('never')}
        </span>
      ),
    },
    {
      key: 'created',
      title: t('created'),
      sortBy: (token) => token.createdAt,
      render: (token) => <Time at={token.createdAt} />,
      wide: true,
    },
    {
      key: 'expires',
      title: t('expires'),
      sortBy: (token) => token.expiresAt ?? '',
      render: (token) => (token.expiresAt ? <Time at={token.expiresAt} /> : t('never')),
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (token) => (
        <span className="row-actions">
          {token.kind === 'personal' ? (
            <Button size="small" loading={rotation.isPending} onClick={() => rotation.mutate(token.id)}>
              {account('rotate')}
            </Button>
          ) : null}
          <Button size="small" onClick={() => removal.ask(token)}>
            {t('revoke')}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <main id="content" className="main main-alone" tabIndex={-1}>
      <Page
        narrow
        title={me?.displayName || me?.username || ''}
        description={me?.email}
        actions={
          <Equivalents
            items={[
              { title: t('tokens'), cli: 'slipway tokens list', api: 'GET /api/v1/me/tokens' },
              {
                title: t('newToken'),
                cli: 'slipway tokens create laptop --expires-in-days 90',
                api: 'POST /api/v1/me/tokens\n{"name":"laptop","expiresInDays":90}',
              },
            ]}
          />
        }
      >
        <Section title={t('memberships')}>
          {me && (
            <Facts
              items={[
                { label: t('username'), value: <code>{me.username}</code> },
                ...me.memberships.map((membership) => ({
                  label: membership.tenant,
                  value:
                    membership.role === null
                      ? membership.projects.map(({ project }) => project).join(', ')
                      : isBuiltIn(membership.role)
                        ? t(`roles.${membership.role}`)
                        : membership.role,
                })),
                ...(me.isAdmin ? [{ label: t('platform'), value: t('administrator') }] : []),
              ]}
            />
          )}
        </Section>
        <Section
          title={t('tokens')}
          flush
          actions={<CreateButton onClick={() => setCreating(true)}>{t('newToken')}</CreateButton>}
        >
          <Table
            name="tokens"
            label={t('tokens')}
            rows={tokens.data}
            rowKey={(token) => token.id}
            columns={columns}
            error={tokens.error}
            empty={<p className="muted pad">{t('noTokens')}</p>}
          />
        </Section>
        <Section title={account('sessions')} flush>
          <SessionsTable />
        </Section>
        <ActedSection />
        {me && !me.isExternal ? <SecondFactorSection /> : null}
        <Section title={t('cli')}>
          <p className="muted">{t('cliExplanation')}</p>
          <CodeBlock label={t('cliInstall')} code="npm install --global @slipway/cli" />
          <CodeBlock label={t('cliLogin')} code={`slipway login --server ${apiUrl}`} />
          <CodeBlock label={t('cliDeploy')} code={'cd my-application\nslipway deploy'} />
        </Section>
      </Page>
      <NewTokenDialog open={isCreating} onClose={() => setCreating(false)} />
      <Dialog open={rotation.data !== undefined} title={account('rotated')} onClose={() => rotation.reset()}>
        <ShownOnce token={rotation.data?.token ?? ''} />
      </Dialog>
      {rotation.error ? <ErrorBox error={rotation.error} /> : null}
      <ConfirmRemoval
        removal={removal}
        title={t('revokeTitle')}
        nameOf={({ name }) => name}
        verbOf={(name) => t('revokeNamed', { name })}
      >
        <p>{t('revokeExplanation')}</p>
      </ConfirmRemoval>
    </main>
  );
}

const builtIn = ['owner', 'admin', 'developer', 'operator', 'viewer'] as const;
const isBuiltIn = (role: string | null): role is (typeof builtIn)[number] => builtIn.some((name) => name === role);
