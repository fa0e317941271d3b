'use client';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMay } from '@/features/identity/use-may';
import { toCli } from '@/lib/cli';
import { Equivalents } from '@/ui/equivalents';
import { Section } from '@/ui/page';
import { BlueprintTable } from './blueprint-table';
import { NewBlueprintDialog } from './new-blueprint-dialog';
import { tenantBlueprintsQuery } from './queries';

/** What the tenant's new projects can be made from; its own can be made and deleted. */
export function TenantBlueprints({ tenant }: { tenant: string }) {
  const t = useTranslations('blueprints');
  const may = useMay({ tenant });
  const mayRead = may('blueprints:read');
  const mayWrite = may('blueprints:write');
  const blueprints = useQuery({ ...tenantBlueprintsQuery(tenant), enabled: mayRead });
  const [isCreating, setCreating] = useState(false);
  if (!mayRead) return null;
  return (
    <Section
      title={t('title')}
      actions={
        <>
          <Equivalents
            items={[
              {
                title: t('title'),
                cli: toCli('blueprints list', { tenant }),
                api: `GET /api/v1/tenants/${tenant}/blueprints`,
              },
              {
                title: t('create'),
                cli: toCli('blueprints create two-stage -f two-stage.json', { tenant }),
                api: `POST /api/v1/tenants/${tenant}/blueprints`,
              },
            ]}
          />
          <Button size="small" disabled={!mayWrite} onClick={() => setCreating(true)}>
            {t('create')}
          </Button>
        </>
      }
    >
      <p className="muted">{t('offered')}</p>
      <BlueprintTable tenant={tenant} rows={blueprints.data} error={blueprints.error} mayDelete={mayWrite} />
      <NewBlueprintDialog tenant={tenant} open={isCreating} onClose={() => setCreating(false)} />
    </Section>
  );
}
