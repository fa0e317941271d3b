'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { blueprintsQuery } from '@/features/onboarding/queries';
import { CreateButton } from '@/ui/create-button';
import { Equivalents } from '@/ui/equivalents';
import { Page } from '@/ui/page';
import { BlueprintTable } from './blueprint-table';
import { NewBlueprintDialog } from './new-blueprint-dialog';

const body = '{"name":"two-stage","content":{"environments":[{"name":"production","kind":"production"}]}}';

/** What new projects are made from, on the whole platform. */
export function BlueprintsPage() {
  const t = useTranslations('blueprints');
  const blueprints = useQuery(blueprintsQuery());
  const [isCreating, setCreating] = useState(false);
  return (
    <Page
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <Equivalents
            items={[
              { title: t('title'), api: 'GET /api/v1/blueprints' },
              { title: t('create'), api: `POST /api/v1/blueprints\n${body}` },
              { title: t('versions'), api: 'GET /api/v1/blueprints/two-stage/versions' },
            ]}
          />
          <CreateButton onClick={() => setCreating(true)}>{t('create')}</CreateButton>
        </>
      }
    >
      <BlueprintTable tenant={undefined} rows={blueprints.data} error={blueprints.error} mayDelete />
      <NewBlueprintDialog tenant={undefined} open={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}
