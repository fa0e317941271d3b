'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { isBuiltIn, type Member } from '@/lib/contract';
import { useAnnounce } from '@/ui/announcer';
import { ConfirmByTyping } from '@/ui/confirm-by-typing';
import { EmptyState } from '@/ui/empty-state';
import { ErrorBox } from '@/ui/error-box';
import { Select } from '@/ui/field';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { changeRole, membersKey, membersQuery, type Place, removeMember, rolesQuery } from './queries';

/** The users and groups that have a role in a place; who may change them does so in the rows. */
export function MembersTable({ place, mayChange }: { place: Place; mayChange: boolean }) {
  const t = useTranslations('access');
  const words = useTranslations('accessControl');
  const announce = useAnnounce();
  const client = useQueryClient();
  const members = useQuery(membersQuery(place));
  const roles = useQuery({ ...rolesQuery(place.tenant), enabled: mayChange }).data ?? [];
  const [leaving, setLeaving] = useState<Member>();
  const refresh = () => client.invalidateQueries({ queryKey: membersKey(place) });
  const titleOf = (role: string) => (isBuiltIn(role) ? t(`roles.${role}`) : role);

  const change = useMutation({
    mutationFn: ({ member, to }: { member: Member; to: string }) => changeRole(place, member.id, to),
    onSuccess: (_, { member, to }) => {
      announce(t('roleChanged', { username: member.name, role: titleOf(to) }));
      return refresh();
    },
  });
  const removal = useMutation({
    mutationFn: (member: Member) => removeMember(place, member.id),
    onSuccess: (_, member) => {
      announce(t('removed', { username: member.name }));
      setLeaving(undefined);
      return refresh();
    },
  });
  const columns: readonly Column<Member>[] = [
    {
      key: 'name',
      title: words('userOrGroup'),
      sortBy: (member) => member.name,
      render: (member) => (
        <>
          <span className="strong">{member.username ?? member.group}</span>{' '}
          {member.kind === 'group' ? <span className="muted">{words('group')}</span> : null}
        </>
      ),
    },
    { key: 'displayName', title: t('displayName'), render: (member) => member.displayName, wide: true },
    {
      key: 'role',
      title: t('role'),
      sortBy: (member) => member.role,
      render: (member) =>
        mayChange && roles.length > 0 ? (
          <Select
            aria-label={t('roleOf', { username: member.name })}
            value={member.role}
            options={roles.map(({ name }) => ({ value: name, label: titleOf(name) }))}
            onChange={(to) => change.mutate({ member, to })}
          />
        ) : (
          titleOf(member.role)
        ),
    },
    {
      key: 'expires',
      title: words('expires'),
      sortBy: (member) => member.expiresAt ?? '',
      render: (member) => (member.expiresAt ? <Time at={member.expiresAt} /> : words('never')),
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
  const where = place.project ?? place.tenant ?? words('platform');
  return (
    <>
      {change.error ? <ErrorBox error={change.error} /> : null}
      <Table
        name="members"
        label={t('title')}
        rows={members.data}
        rowKey={(member) => member.id}
        columns={columns}
        error={members.error}
        searchText={(member) => `${member.name} ${member.displayName} ${member.role}`}
        empty={<EmptyState icon="access" title={t('none')} />}
      />
      <ConfirmByTyping
        open={leaving !== undefined}
        title={t('removeTitle')}
        name={leaving?.username ?? leaving?.group ?? ''}
        verb={t('removeNamed', { username: leaving?.name ?? '' })}
        isRunning={removal.isPending}
        error={removal.error}
        onConfirm={() => leaving && removal.mutate(leaving)}
        onClose={() => setLeaving(undefined)}
      >
        <p>{words('removeExplanation', { name: leaving?.name ?? '', where })}</p>
      </ConfirmByTyping>
    </>
  );
}
