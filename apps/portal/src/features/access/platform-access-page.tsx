'use client';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { CreateButton } from '@/ui/create-button';
import { Equivalents } from '@/ui/equivalents';
import { Page } from '@/ui/page';
import { AddMemberDialog } from './add-member-dialog';
import { ExplainSection } from './explain-section';
import { MembersTable } from './members-table';
import { RolesSection } from './roles-section';

const place = {};

/** Who may do what on the platform: administrators, auditors, approvers, and custom roles. */
export function PlatformAccessPage() {
  const t = useTranslations('access');
  const words = useTranslations('accessControl');
  const [isAdding, setAdding] = useState(false);
  return (
    <Page
      title={words('platformTitle')}
      description={words('platformDescription')}
      actions={
        <>
          <Equivalents
            items={[
              { title: words('platformTitle'), api: 'GET /api/v1/platform-members' },
              { title: words('roles'), cli: 'slipway roles list --platform', api: 'GET /api/v1/roles' },
            ]}
          />
          <CreateButton onClick={() => setAdding(true)}>{t('add')}</CreateButton>
        </>
      }
    >
      <MembersTable place={place} mayChange />
      <RolesSection tenant={undefined} mayChange />
      <ExplainSection place={place} />
      <AddMemberDialog place={place} open={isAdding} onClose={() => setAdding(false)} />
    </Page>
  );
}
