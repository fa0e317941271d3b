'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Invitation } from '@/lib/contract';
import { ErrorBox } from '@/ui/error-box';
import { Section } from '@/ui/page';
import { ConfirmRemoval, useRemoval } from '@/ui/removal';
import { StatusBadge } from '@/ui/status';
import { type Column, Table } from '@/ui/table';
import { Time } from '@/ui/time';
import { InviteDialog, SentLink } from './invite-dialog';
import { invitationsKey, invitationsQuery, resendInvitation, revokeInvitation } from './queries';

const tones = { open: 'progressing', accepted: 'healthy', revoked: 'idle', expired: 'idle' } as const;

/** Who was invited by mail, and what became of it. */
export function InvitationsSection({ tenant, mayChange }: { tenant: string; mayChange: boolean }) {
  const t = useTranslations('invitations');
  const access = useTranslations('access');
  const client = useQueryClient();
  const invitations = useQuery(invitationsQuery(tenant));
  const [isInviting, setInviting] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: invitationsKey(tenant) });
  const resent = useMutation({ mutationFn: (id: string) => resendInvitation(tenant, id), onSuccess: refresh });
  const removal = useRemoval(({ id }: Invitation) => revokeInvitation(tenant, id), refresh);
  const reason = mayChange ? undefined : t('mayNot');
  const columns: readonly Column<Invitation>[] = [
    {
      key: 'email',
      title: t('email'),
      sortBy: ({ email }) => email,
      render: ({ email }) => <span className="strong break">{email}</span>,
    },
    {
      key: 'role',
      title: t('role'),
      render: ({ role, project }) => (
        <>
          {access(`roles.${role}`)} {project && <span className="muted">{project}</span>}
        </>
      ),
      wide: true,
    },
    {
      key: 'state',
      title: t('state'),
      sortBy: ({ state }) => state,
      render: ({ state }) => <StatusBadge state={state} tone={tones[state]} label={t(`states.${state}`)} quiet />,
    },
    { key: 'by', title: t('by'), render: ({ invitedBy }) => invitedBy, wide: true },
    {
      key: 'sent',
      title: t('sent'),
      sortBy: ({ sentAt }) => sentAt,
      render: ({ sentAt }) => <Time at={sentAt} />,
      wide: true,
    },
    {
      key: 'actions',
      title: '',
      align: 'right',
      render: (invitation) =>
        (invitation.state === 'open' || invitation.state === 'expired') && (
          <>
            <Button
              size="small"
              disabled={!mayChange}
              title={reason}
              loading={resent.isPending && resent.variables === invitation.id}
              onClick={() => resent.mutate(invitation.id)}
            >
              {t('resend')}
            </Button>{' '}
            {invitation.state === 'open' && (
              <Button size="small" danger disabled={!mayChange} title={reason} onClick={() => removal.ask(invitation)}>
                {t('revoke')}
              </Button>
            )}
          </>
        ),
    },
  ];
  return (
    <Section
      title={t('title')}
      actions={
        <Button size="small" disabled={!mayChange} title={reason} onClick={() => setInviting(true)}>
          {t('invite')}
        </Button>
      }
    >
      {resent.error ? <ErrorBox error={resent.error} /> : null}
      <Table
        name="invitations"
        label={t('title')}
        rows={invitations.data}
        rowKey={({ id }) => id}
        columns={columns}
        error={invitations.error}
        empty={<p className="muted">{t('none')}</p>}
      />
      <InviteDialog tenant={tenant} open={isInviting} onClose={() => setInviting(false)} />
      {resent.data && <SentLink link={resent.data.link} onClose={() => resent.reset()} />}
      <ConfirmRemoval
        removal={removal}
        title={t('revokeTitle')}
        nameOf={({ email }) => email}
        verbOf={(name) => t('revokeNamed', { name })}
      >
        <p>{t('revokeExplanation')}</p>
      </ConfirmRemoval>
    </Section>
  );
}
