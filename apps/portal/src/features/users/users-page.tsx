'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { meQuery } from '@/features/identity/queries';
import { SessionsTable } from '@/features/identity/sessions-table';
import type { User } from '@/lib/contract';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { useAnnounce } from '@/ui/announcer';
import { CreateButton } from '@/ui/create-button';
import { Dialog } from '@/ui/dialog';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { FormDialog } from '@/ui/form-dialog';
import { Input } from '@/ui/input';
import { Page } from '@/ui/page';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { ActAsDialog } from './act-as-dialog';
import { createUser, deleteUser, disableUser, usersQuery } from './queries';

export function UsersPage() {
  const t = useTranslations('users');
  const identity = useTranslations('identityAdmin');
  const account = useTranslations('account');
  const actAs = useTranslations('actAs');
  const [shown, setShown] = useState<string>();
  const [actedAs, setActedAs] = useState<string>();
  const announce = useAnnounce();
  const client = useQueryClient();
  const users = useQuery(usersQuery());
  const me = useQuery(meQuery()).data;
  // Nobody acts as who has a role on the platform; who is no administrator but has another role, the API refuses.
  const mayActAs = me?.platformPermissions.includes('users:impersonate') === true;
  const [isCreating, setCreating] = useState(false);
  const removal = useRemoval(
    (user: User) => deleteUser(user.username),
    ({ username }) => {
      announce(t('deleted', { username }));
      return client.invalidateQueries({ queryKey: ['users'] });
    },
  );
  const toggle = useMutation({
    mutationFn: ({ username, isDisabled }: { username: string; isDisabled: boolean }) =>
      disableUser(username, isDisabled),
    onSuccess: () => client.invalidateQueries({ queryKey: ['users'] }),
  });
  const columns: readonly Column<User>[] = [
    {
      key: 'username',
      title: t('username'),
      sortBy: (user) => user.username,
      render: (user) => <span className="strong">{user.username}</span>,
    },
    {
      key: 'displayName',
      title: t('displayName'),
      sortBy: (user) => user.displayName,
      render: (user) => user.displayName,
      wide: true,
    },
    {
      key: 'email',
      title: t('email'),
      sortBy: (user) => user.email ?? '',
      render: (user) => user.email ?? '',
      wide: true,
    },
    {
      key: 'admin',
      title: t('role'),
      sortBy: (user) => (user.isAdmin ? 0 : 1),
      render: (user) => (user.isAdmin ? t('administrator') : t('user')),
    },
    {
      key: 'state',
      title: identity('state'),
      sortBy: (user) => (user.disabledAt === null ? 0 : 1),
      render: (user) => identity(user.disabledAt === null ? 'active' : 'disabled'),
    },
    {
      key: 'created',
      title: t('created'),
      sortBy: (user) => user.createdAt,
      render: (user) => <Time at={user.createdAt} />,
      align: 'right',
      wide: true,
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (user) => (
        <span className="row-actions">
          {mayActAs && user.username !== me.username && !user.isAdmin && user.disabledAt === null && (
            <Button size="small" onClick={() => setActedAs(user.username)}>
              {actAs('button')}
              <span className="visually-hidden"> {user.username}</span>
            </Button>
          )}
          <Button size="small" onClick={() => setShown(user.username)}>
            {identity('sessions')}
          </Button>
          <Button
            size="small"
            disabled={user.username === me?.username}
            onClick={() => toggle.mutate({ username: user.username, isDisabled: user.disabledAt === null })}
          >
            {identity(user.disabledAt === null ? 'disable' : 'enable')}
          </Button>
          <Button
            size="small"
            danger
            disabled={user.username === me?.username}
            title={user.username === me?.username ? t('notYourself') : undefined}
            onClick={() => removal.ask(user)}
            aria-label={t('deleteNamed', { username: user.username })}
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
          <Equivalents
            items={[
              { title: t('title'), cli: 'slipway users list', api: 'GET /api/v1/users' },
              {
                title: t('create'),
                cli: 'slipway users create alice --email alice@example.com --password-stdin',
                api: 'POST /api/v1/users\n{"username":"alice","email":"alice@example.com","password":"…"}',
              },
            ]}
          />
          <CreateButton onClick={() => setCreating(true)}>{t('create')}</CreateButton>
        </>
      }
    >
      <Table
        name="users"
        label={t('title')}
        rows={users.data}
        rowKey={(user) => user.id}
        columns={columns}
        error={users.error}
        searchText={(user) => `${user.username} ${user.displayName} ${user.email ?? ''}`}
        empty={<EmptyState icon="users" title={t('none')} />}
      />
      {toggle.error ? <ErrorBox error={toggle.error} /> : null}
      <Dialog
        open={shown !== undefined}
        title={account('sessionsOf', { username: shown ?? '' })}
        onClose={() => setShown(undefined)}
        wide
      >
        {shown === undefined ? null : <SessionsTable username={shown} />}
      </Dialog>
      {actedAs !== undefined && <ActAsDialog username={actedAs} onClose={() => setActedAs(undefined)} />}
      <NewUserDialog open={isCreating} onClose={() => setCreating(false)} />
      <ConfirmRemoval
        removal={removal}
        title={t('deleteTitle')}
        nameOf={({ username }) => username}
        verbOf={(username) => t('deleteNamed', { username })}
      >
        <p>{t('deleteExplanation')}</p>
      </ConfirmRemoval>
    </Page>
  );
}

const schema = z.object({
  username: z.string().check(z.minLength(1, 'required')),
  email: z.email('email'),
  displayName: z.string(),
  password: z.string().check(z.minLength(1, 'required')),
  isAdmin: z.boolean(),
});

function NewUserDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTranslations('users');
  const client = useQueryClient();
  const form = useForm(
    schema,
    { username: '', email: '', displayName: '', password: '', isAdmin: false },
    useValidation(),
  );
  const send = () =>
    form.submit(async ({ displayName, ...rest }) => {
      await createUser({ ...rest, ...(displayName ? { displayName } : {}) });
      await client.invalidateQueries({ queryKey: ['users'] });
      form.reset();
      onClose();
    });
  return (
    <FormDialog
      open={open}
      title={t('create')}
      onClose={onClose}
      form={form}
      onSubmit={send}
      submit={form.values.username ? t('createNamed', { username: form.values.username }) : t('create')}
    >
      <Field label={t('username')} error={form.errorOf('username')}>
        {(control) => (
          <Input
            {...control}
            value={form.values.username}
            onChange={(event) => form.set('username', event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      <Field label={t('email')} error={form.errorOf('email')}>
        {(control) => (
          <Input
            {...control}
            type="email"
            value={form.values.email}
            onChange={(event) => form.set('email', event.target.value)}
            autoComplete="off"
          />
        )}
      </Field>
      <Field label={t('displayName')} error={form.errorOf('displayName')}>
        {(control) => (
          <Input
            {...control}
            value={form.values.displayName}
            onChange={(event) => form.set('displayName', event.target.value)}
          />
        )}
      </Field>
      <Field label={t('password')} help={t('passwordHelp')} error={form.errorOf('password')}>
        {(control) => (
          <Input
            {...control}
            type="password"
            value={form.values.password}
            onChange={(event) => form.set('password', event.target.value)}
            autoComplete="new-password"
          />
        )}
      </Field>
      <label className="check">
        <input
          type="checkbox"
          checked={form.values.isAdmin}
          onChange={(event) => form.set('isAdmin', event.target.checked)}
        />{' '}
        {t('makeAdministrator')}
      </label>
    </FormDialog>
  );
}
