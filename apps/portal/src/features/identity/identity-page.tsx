'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Group, ScimToken } from '@/lib/contract';
import { useAnnounce } from '@/ui/announcer';
import { Dialog } from '@/ui/dialog';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { Input } from '@/ui/input';
import { Page, Section } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { toWords } from './new-token-dialog';
import {
  createScimToken,
  deleteScimToken,
  groupsQuery,
  rotateScimToken,
  scimTokensQuery,
  settingsQuery,
  updateSettings,
} from './queries';
import { ShownOnce } from './shown-once';

/** What administrators set about signing in: the policy, directories and groups. */
export function IdentityPage({ apiUrl }: { apiUrl: string }) {
  const t = useTranslations('identityAdmin');
  const settings = useQuery(settingsQuery());
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <Equivalents
          items={[
            { title: t('policy'), cli: 'slipway identity settings', api: 'GET /api/v1/identity/settings' },
            {
              title: t('newScim'),
              cli: 'slipway identity scim-tokens create entra',
              api: 'POST /api/v1/identity/scim-tokens\n{"name":"entra"}',
            },
            { title: t('groups'), cli: 'slipway groups list', api: 'GET /api/v1/groups' },
          ]}
        />
      }
    >
      {settings.error ? <ErrorBox error={settings.error} /> : null}
      {settings.data ? <PolicySection key={settings.data.version} initial={settings.data} /> : null}
      <ScimSection url={`${apiUrl}/scim/v2`} />
      <GroupsSection />
    </Page>
  );
}

interface Policy {
  readonly passwordMinLength: number;
  readonly tokenMaxDays: number;
  readonly mfaRoles: readonly string[];
}

function PolicySection({ initial }: { initial: Policy }) {
  const t = useTranslations('identityAdmin');
  const announce = useAnnounce();
  const client = useQueryClient();
  const [length, setLength] = useState(String(initial.passwordMinLength));
  const [days, setDays] = useState(String(initial.tokenMaxDays));
  const [roles, setRoles] = useState(initial.mfaRoles.join(' '));
  const save = useMutation({
    mutationFn: () =>
      updateSettings({
        passwordMinLength: Number(length),
        tokenMaxDays: Number(days),
        mfaRoles: toWords(roles),
      }),
    onSuccess: () => {
      announce(t('saved'));
      return client.invalidateQueries({ queryKey: ['identity', 'settings'] });
    },
  });
  return (
    <Section title={t('policy')}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Field label={t('passwordMinLength')}>
          {(control) => (
            <Input {...control} type="number" value={length} onChange={(event) => setLength(event.target.value)} />
          )}
        </Field>
        <Field label={t('tokenMaxDays')}>
          {(control) => (
            <Input {...control} type="number" value={days} onChange={(event) => setDays(event.target.value)} />
          )}
        </Field>
        <Field label={t('mfaRoles')} help={t('mfaRolesHelp')}>
          {(control) => (
            <Input {...control} value={roles} onChange={(event) => setRoles(event.target.value)} spellCheck={false} />
          )}
        </Field>
        {save.error ? <ErrorBox error={save.error} /> : null}
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t('save')}
        </Button>
      </form>
    </Section>
  );
}

function ScimSection({ url }: { url: string }) {
  const t = useTranslations('identityAdmin');
  const me = useTranslations('me');
  const account = useTranslations('account');
  const client = useQueryClient();
  const tokens = useQuery(scimTokensQuery());
  const [name, setName] = useState('');
  const [made, setMade] = useState<string>();
  const show = ({ token }: { token: string }) => {
    setMade(token);
    setName('');
    return client.invalidateQueries({ queryKey: ['identity', 'scim-tokens'] });
  };
  const create = useMutation({ mutationFn: createScimToken, onSuccess: show });
  const rotate = useMutation({ mutationFn: rotateScimToken, onSuccess: show });
  const remove = useMutation({
    mutationFn: deleteScimToken,
    onSuccess: () => client.invalidateQueries({ queryKey: ['identity', 'scim-tokens'] }),
  });
  const columns: readonly Column<ScimToken>[] = [
    { key: 'name', title: me('tokenName'), render: (token) => <span className="strong">{token.name}</span> },
    { key: 'prefix', title: me('prefix'), render: (token) => <code>{token.prefix}…</code>, wide: true },
    {
      key: 'used',
      title: account('lastUse'),
      render: (token) => (token.lastUsedAt ? <Time at={token.lastUsedAt} /> : account('never')),
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (token) => (
        <>
          <Button size="small" onClick={() => rotate.mutate(token.id)}>
            {account('rotate')}
          </Button>{' '}
          <Button size="small" danger onClick={() => remove.mutate(token.id)}>
            {me('revoke')}
          </Button>
        </>
      ),
    },
  ];
  const problem = create.error ?? rotate.error ?? remove.error;
  return (
    <Section title={t('scim')} flush>
      <p className="muted pad">{t('scimHelp', { url })}</p>
      <form
        className="form pad"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate(name);
        }}
      >
        <Field label={me('tokenName')}>
          {(control) => (
            <Input {...control} value={name} onChange={(event) => setName(event.target.value)} spellCheck={false} />
          )}
        </Field>
        <Button htmlType="submit" disabled={name === ''} loading={create.isPending}>
          {t('newScim')}
        </Button>
        {problem ? <ErrorBox error={problem} /> : null}
      </form>
      <Table
        name="scim-tokens"
        label={t('scim')}
        rows={tokens.data}
        rowKey={(token) => token.id}
        columns={columns}
        error={tokens.error}
        empty={<p className="muted pad">{t('noScim')}</p>}
      />
      <Dialog open={made !== undefined} title={t('newScim')} onClose={() => setMade(undefined)}>
        <ShownOnce token={made ?? ''} />
      </Dialog>
    </Section>
  );
}

function GroupsSection() {
  const t = useTranslations('identityAdmin');
  const groups = useQuery(groupsQuery());
  const columns: readonly Column<Group>[] = [
    {
      key: 'name',
      title: t('groups'),
      sortBy: (group) => group.name,
      render: (group) => <span className="strong">{group.displayName}</span>,
    },
    { key: 'source', title: t('keptBy'), render: (group) => t(`sources.${group.source}`) },
    {
      key: 'members',
      title: t('members'),
      sortBy: (group) => group.memberCount,
      render: (group) => group.memberCount,
      align: 'right',
    },
  ];
  return (
    <Section title={t('groups')} flush>
      <Table
        name="groups"
        label={t('groups')}
        rows={groups.data}
        rowKey={(group) => group.id}
        columns={columns}
        error={groups.error}
        searchText={(group) => group.displayName}
        empty={<p className="muted pad">{t('noGroups')}</p>}
      />
    </Section>
  );
}
