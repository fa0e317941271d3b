'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { applicationKey } from '@/features/applications/queries';
import { AskedPlan } from '@/features/plans/plan-view';
import { toCli } from '@/lib/cli';
import type { ApplicationRef } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { ConfigEditor } from './config-editor';
import type { ConfigPatch } from './config-edits';
import { applyConfig, configPlanQuery, configQuery, effectiveConfigQuery } from './queries';

/** What an application has in an environment, and what it inherits there. */
export function ConfigTab({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('config');
  const announce = useAnnounce();
  const client = useQueryClient();
  const config = useQuery(configQuery(ref));
  const effective = useQuery(effectiveConfigQuery(ref));
  if (config.error && !config.data) return <ErrorBox error={config.error} />;
  if (!config.data) return null;
  const { environment } = ref;
  const base = `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/environments/${environment}/config`;
  return (
    <ConfigEditor
      // A new version begins the edit anew.
      key={config.data.version}
      title={t('title')}
      explanation={t('explanation')}
      actions={
        <Equivalents
          items={[
            { title: t('title'), cli: toCli('config get --effective', ref), api: `GET ${base}/effective` },
            {
              title: t('change'),
              cli: toCli('config set LOG_LEVEL=debug', ref),
              api: `PATCH ${base}\n{"variables":{"LOG_LEVEL":"debug"}}`,
            },
          ]}
        />
      }
      config={config.data}
      effective={effective.data?.names ?? []}
      reviewTitle={t('reviewTitle', { environment })}
      applyLabel={t('apply', { environment })}
      consequence={(patch) => (
        <>
          <p className="muted">{t('consequence', { environment })}</p>
          <ConfigPlan application={ref} patch={patch} />
        </>
      )}
      apply={async (patch) => {
        await applyConfig(ref, patch);
        announce(t('applied'));
        await client.invalidateQueries({ queryKey: applicationKey(ref) });
      }}
    />
  );
}

function ConfigPlan({ application, patch }: { application: ApplicationRef; patch: ConfigPatch }) {
  return <AskedPlan asked={useQuery(configPlanQuery(application, patch))} />;
}
