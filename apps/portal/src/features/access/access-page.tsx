'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { meQuery } from '@/features/identity/queries';
import { InvitationsSection } from '@/features/invitations/invitations-section';
import { projectsQuery } from '@/features/projects/queries';
import { toCli } from '@/lib/cli';
import { CreateButton } from '@/ui/create-button';
import { Equivalents } from '@/ui/equivalents';
import { Select } from '@/ui/field';
import { Page } from '@/ui/page';
import { AddMemberDialog } from './add-member-dialog';
import { ExplainSection } from './explain-section';
import { MembersTable } from './members-table';
import { RolesSection } from './roles-section';

/** Who may do what in a tenant and in its projects, and why. */
export function AccessPage({ tenant }: { tenant: string }) {
  const t = useTranslations('access');
  const words = useTranslations('accessControl');
  const me = useQuery(meQuery()).data;
  const projects = useQuery(projectsQuery(tenant)).data ?? [];
  const mine = me?.memberships.find((membership) => membership.tenant === tenant);
  const [chosen, setChosen] = useState('');
  const [isAdding, setAdding] = useState(false);
  const inTenant = (permission: string) => me?.isAdmin === true || mine?.permissions.includes(permission) === true;
  const own = mine?.projects.find(({ project }) => project === chosen)?.permissions ?? [];
  const mayChange = inTenant('members:write') || own.includes('members:write');
  const place = chosen === '' ? { tenant } : { tenant, project: chosen };
  const path = chosen === '' ? `tenants/${tenant}` : `tenants/${tenant}/projects/${chosen}`;
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <Select
            aria-label={words('where')}
            value={chosen}
            options={[
              { value: '', label: words('wholeTenant') },
              ...projects.map(({ name }) => ({ value: name, label: name })),
            ]}
            onChange={setChosen}
          />
          <Equivalents
            items={[
              { title: t('title'), cli: toCli('members list', place), api: `GET /api/v1/${path}/members` },
              {
                title: t('add'),
                cli: toCli('members add alice --role developer', place),
                api: `POST /api/v1/${path}/members\n{"username":"alice","role":"developer"}`,
              },
              {
                title: words('explain'),
                cli: toCli('access explain applications:write --user alice', place),
                api: `GET /api/v1/access/explain?tenant=${tenant}&user=alice&permission=applications:write`,
              },
            ]}
          />
          <CreateButton refusal={mayChange ? undefined : t('mayNot')} onClick={() => setAdding(true)}>
            {t('add')}
          </CreateButton>
        </>
      }
    >
      <MembersTable key={chosen} place={place} mayChange={mayChange} />
      {inTenant('invitations:read') ? (
        <InvitationsSection tenant={tenant} mayChange={inTenant('invitations:write')} />
      ) : null}
      {inTenant('roles:read') ? <RolesSection tenant={tenant} mayChange={inTenant('roles:write')} /> : null}
      <ExplainSection place={place} />
      <AddMemberDialog key={`add-${chosen}`} place={place} open={isAdding} onClose={() => setAdding(false)} />
    </Page>
  );
}
