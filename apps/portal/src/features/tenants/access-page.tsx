'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import { meQuery } from '@/features/identity/queries';
import { toCli } from '@/lib/cli';
import { type Member, type Role, roles } from '@/lib/contract';
import { useForm } from '@/lib/use-form';
import { useValidation } from '@/lib/use-validation';
import { useAnnounce } from '@/ui/announcer';
import { ConfirmByTyping } from '@/ui/confirm-by-typing';
import { Dialog } from '@/ui/dialog';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { Icon } from '@/ui/icon';
import { Input } from '@/ui/input';
import { Page, Section } from '@/ui/page';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { addMember, changeRole, membersQuery, removeMember } from './queries';

/** Who may do what in a tenant. */
export function AccessPage({ tenant }: { tenant: string }) {
  const t = useTranslations('access');
  const announce = useAnnounce();
  const client = useQueryClient();
  const members = useQuery(membersQuery(tenant));
  const me = useQuery(meQuery()).data;
  const myRole = me?.memberships.find((membership) => membership.tenant === tenant)?.role;
  const mayChange = me?.isAdmin || myRole === 'owner' || myRole === 'admin';
  const [isAdding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Member>();
  const refresh = () => client.invalidateQueries({ queryKey: ['t', tenant, 'members'] });

  const role = useMutation({
    mutationFn: ({ username, to }: { username: string; to: Role }) => changeRole(tenant, username, to),
    onSuccess: (_, { username, to }) => {
      announce(t('roleChanged', { username, role: t(`roles.${to}`) }));
      return refresh();
    },
  });
  const removal = useMutation({
    mutationFn: (username: string) => removeMember(tenant, username),
    onSuccess: (_, username) => {
      announce(t('removed', { username }));
      setLeaving(undefined);
      return refresh();
    },
  });
  const roleOptions = roles.map((value) => ({ value, label: t(`roles.${value}`) }));
  const columns: readonly Column<Member>[] = [
    {
      key: 'username',
      title: t('user'),
      sortBy: (member) => member.username,
      render: (member) => <span className="strong">{member.username}</span>,
    },
    { key: 'displayName', title: t('displayName'), render: (member) => member.displayName ?? '', wide: true },
    {
      key: 'role',
      title: t('role'),
      sortBy: (member) => roles.indexOf(member.role),
      render: (member) =>
        mayChange ? (
          <Select
            aria-label={t('roleOf', { username: member.username })}
            value={member.role}
            options={roleOptions}
            onChange={(to) =>
              role.mutate({ username: member.username, to: roles.find((one) => one === to) ?? member.role })
            }
          />
        ) : (
          t(`roles.${member.role}`)
        ),
    },
    {
      key: 'since',
      title: t('since'),
      sortBy: (member) => member.createdAt,
      render: (member) => <Time at={member.createdAt} />,
      wide: true,
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (member) => (
        <Button
          size="small"
          disabled={!mayChange}
          title={mayChange ? undefined : t('mayNot')}
          onClick={() => setLeaving(member)}
        >
          {t('remove')}
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
              {
                title: t('title'),
                cli: toCli('members list', { tenant }),
                api: `GET /api/v1/tenants/${tenant}/members`,
              },
              {
                title: t('add'),
                cli: toCli('members add alice --role developer', { tenant }),
                api: `POST /api/v1/tenants/${tenant}/members\n{"username":"alice","role":"developer"}`,
              },
            ]}
          />
          <Button
            type="primary"
            icon={<Icon name="plus" size={14} />}
            disabled={!mayChange}
            title={mayChange ? undefined : t('mayNot')}
            onClick={() => setAdding(true)}
          >
            {t('add')}
          </Button>
        </>
      }
    >
      {role.error ? <ErrorBox error={role.error} /> : null}
      <Table
        name="members"
        label={t('title')}
        rows={members.data}
        rowKey={(member) => member.username}
        columns={columns}
        error={members.error}
        searchText={(member) => `${member.username} ${member.displayName ?? ''} ${member.role}`}
        empty={<EmptyState icon="access" title={t('none')} />}
      />
      <Section title={t('whatRolesMay')}>
        <dl className="glossary">
          {roles.map((one) => (
            <div key={one}>
              <dt>{t(`roles.${one}`)}</dt>
              <dd className="muted">{t(`may.${one}`)}</dd>
            </div>
          ))}
        </dl>
      </Section>
      <AddMemberDialog tenant={tenant} open={isAdding} onClose={() => setAdding(false)} />
      <ConfirmByTyping
        open={leaving !== undefined}
        title={t('removeTitle')}
        name={leaving?.username ?? ''}
        verb={t('removeNamed', { username: leaving?.username ?? '' })}
        isRunning={removal.isPending}
        error={removal.error}
        onConfirm={() => leaving && removal.mutate(leaving.username)}
        onClose={() => setLeaving(undefined)}
      >
        <p>{t('removeExplanation', { username: leaving?.username ?? '', tenant })}</p>
      </ConfirmByTyping>
    </Page>
  );
}

const schema = z.object({ username: z.string().check(z.minLength(1, 'required')), role: z.enum(roles) });

function AddMemberDialog({ tenant, open, onClose }: { tenant: string; open: boolean; onClose: () => void }) {
  const t = useTranslations('access');
  const client = useQueryClient();
  const form = useForm<{ username: string; role: Role }>(schema, { username: '', role: 'developer' }, useValidation());
  const send = () =>
    form.submit(async (values) => {
      await addMember(tenant, values);
      await client.invalidateQueries({ queryKey: ['t', tenant, 'members'] });
      form.reset();
      onClose();
    });
  return (
    <Dialog
      open={open}
      title={t('add')}
      onClose={onClose}
      footer={
        <Button type="primary" loading={form.isSending} onClick={send}>
          {t('addAs', { role: t(`roles.${form.values.role}`) })}
        </Button>
      }
    >
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Field label={t('user')} help={t('userHelp')} error={form.errorOf('username')}>
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
        <Field label={t('role')} help={t(`may.${form.values.role}`)} error={form.errorOf('role')}>
          {({ id, 'aria-describedby': note }) => (
            <Select
              id={id}
              aria-describedby={note}
              value={form.values.role}
              options={roles.map((value) => ({ value, label: t(`roles.${value}`) }))}
              onChange={(to) => form.set('role', roles.find((one) => one === to) ?? 'viewer')}
            />
          )}
        </Field>
        {form.problem ? <ErrorBox error={form.problem} /> : null}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
