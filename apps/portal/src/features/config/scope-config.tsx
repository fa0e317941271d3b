'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useMay } from '@/features/identity/use-may';
import { toCli } from '@/lib/cli';
import { type ApplicationRef, toApplication } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { ConfigEditor } from './config-editor';
import type { ConfigPatch } from './config-edits';
import { changeScopeConfig, type OuterPlace, reachQuery, scopeConfigQuery, scopeOf, scopePath } from './queries';

/** What all applications of a tenant, a project or an environment inherit. */
export function ScopeConfig({ place }: { place: OuterPlace }) {
  const t = useTranslations('config');
  const announce = useAnnounce();
  const client = useQueryClient();
  const may = useMay(place)('config:write');
  const found = useQuery(scopeConfigQuery(place));
  if (found.error && !found.data) return <ErrorBox error={found.error} />;
  if (!found.data) return null;
  const { config, effective } = found.data;
  const scope = scopeOf(place);
  const base = `/api/v1${scopePath(place)}/config`;
  return (
    <ConfigEditor
      key={`${scope} ${config.owner} ${config.version}`}
      title={t(`titleOf.${scope}`, { owner: config.owner })}
      explanation={t(`explanationOf.${scope}`)}
      actions={
        <Equivalents
          items={[
            {
              title: t(`titleOf.${scope}`, { owner: config.owner }),
              cli: toCli(`config get --scope ${scope}`, place),
              api: `GET ${base}`,
            },
            {
              title: t('change'),
              cli: toCli(`config set LOG_LEVEL=debug --scope ${scope}`, place),
              api: `PATCH ${base}\n{"variables":{"LOG_LEVEL":"debug"}}`,
            },
          ]}
        />
      }
      config={config}
      effective={effective.names}
      reviewTitle={t('reviewTitle', { environment: config.owner })}
      applyLabel={t('save')}
      consequence={(patch) => <Reach place={place} patch={patch} />}
      refusal={may ? undefined : t('mayNot')}
      apply={async (patch) => {
        await changeScopeConfig(place, patch, false);
        announce(t('saved'));
        await client.invalidateQueries({ queryKey: ['t', place.tenant] });
      }}
    />
  );
}

/** The applications that get the change with their next release. */
function Reach({ place, patch }: { place: OuterPlace; patch: ConfigPatch }) {
  const t = useTranslations('config');
  const reach = useQuery(reachQuery(place, patch));
  if (reach.error) return <ErrorBox error={reach.error} />;
  if (!reach.data) return null;
  const { reaches, reachCount } = reach.data;
  return (
    <>
      <p className="muted">{t('reach', { count: reachCount })}</p>
      <ul className="plain-list">
        {reaches.slice(0, mostShown).map(({ names, ...rest }) => {
          const ref: ApplicationRef = { tenant: place.tenant, ...rest };
          return (
            <li key={`${rest.project}/${rest.application}/${rest.environment}`}>
              <Link href={toApplication(ref, 'config')}>
                {rest.project}/{rest.application} · {rest.environment}
              </Link>{' '}
              <span className="muted">{names.join(', ')}</span>
            </li>
          );
        })}
      </ul>
    </>
  );
}
const mostShown = 20;
