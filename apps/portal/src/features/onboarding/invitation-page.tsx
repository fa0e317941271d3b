'use client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useEffect, useState } from 'react';
import { roles } from '@/lib/contract';
import { toTenant } from '@/lib/paths';
import { ErrorBox } from '@/ui/error-box';
import { Page } from '@/ui/page';
import { Time } from '@/ui/time';
import { acceptInvitation, previewInvitation } from './queries';

/** Where the link of an invitation leads. Its token stands behind the `#`, which no server sees. */
export function InvitationPage() {
  const t = useTranslations('invitation');
  const roleNames = useTranslations('access.roles');
  const router = useRouter();
  const [token, setToken] = useState<string>();
  useEffect(() => setToken(window.location.hash.slice(1)), []);
  const preview = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => previewInvitation(token ?? ''),
    enabled: Boolean(token),
    retry: false,
  });
  const accept = useMutation({
    mutationFn: () => acceptInvitation(token ?? ''),
    onSuccess: ({ tenant }) => router.push(toTenant(tenant)),
  });
  const to = preview.data;
  const given = roles.find((role) => role === to?.role);
  const role = given ? roleNames(given) : (to?.role ?? '');
  return (
    <Page narrow title={t('title')} description={to ? t('by', { name: to.invitedBy }) : undefined}>
      {token === '' ? <p>{t('noToken')}</p> : null}
      {preview.error ? <ErrorBox error={preview.error} /> : null}
      {to ? (
        <>
          <p>
            {to.project
              ? t('toProject', { tenant: to.displayName, project: to.project, role })
              : t('toTenant', { tenant: to.displayName, role })}
          </p>
          <p className="muted">
            {t('until')} <Time at={to.expiresAt} />
          </p>
          <Button type="primary" loading={accept.isPending} onClick={() => accept.mutate()}>
            {t('accept', { tenant: to.displayName })}
          </Button>
        </>
      ) : null}
      {accept.error ? <ErrorBox error={accept.error} /> : null}
    </Page>
  );
}
