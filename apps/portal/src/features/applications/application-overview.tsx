'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { buildsQuery, isRunning } from '@/features/builds/queries';
import { DriftBanner } from '@/features/drift/drift-banner';
import { PodTable } from '@/features/pods/pod-table';
import { releasesQuery } from '@/features/releases/queries';
import { rolloutsQuery } from '@/features/rollouts/queries';
import { toCli } from '@/lib/cli';
import type { Rollout, Status } from '@/lib/contract';
import { shorten } from '@/lib/format';
import { type ApplicationRef, toApplication, toBuild, toRollout } from '@/lib/paths';
import { Meter } from '@/ui/chart-frame';
import { CodeBlock } from '@/ui/copy';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { ExternalLink } from '@/ui/external-link';
import { LinkButton } from '@/ui/link-button';
import { Facts, Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { Time } from '@/ui/time';
import { applicationQuery, statusQuery } from './queries';

/** Is it up, on which release, at which address, with how many pods, and what changed last. */
export function ApplicationOverview({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('applicationOverview');
  const status = useQuery(statusQuery(ref));
  const application = useQuery(applicationQuery(ref)).data;
  const builds = useQuery(buildsQuery(ref)).data;
  const releases = useQuery(releasesQuery(ref)).data;
  const rollouts = useQuery(rolloutsQuery(ref)).data;
  const base = `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/environments/${ref.environment}`;

  if (status.error && !status.data) return <ErrorBox error={status.error} />;
  const building = builds?.find(isRunning);
  const running = releases?.find((release) => release.number === status.data?.release);
  const last = rollouts?.find((rollout) => rollout.environment === ref.environment);
  return (
    <>
      {building && (
        <Link href={toBuild(ref, building.number)} className="banner">
          <StatusBadge state={building.state} label={t('building', { number: building.number })} />
          <span>{t('watch')}</span>
        </Link>
      )}
      {last?.state === 'failed' && (
        <div className="banner banner-failed" role="alert">
          <StatusBadge state="failed" label={t('lastRolloutFailed', { release: last.release })} />
          <span className="break">{last.error}</span>
          <Link href={toRollout(ref, last.id)}>{t('seeRollout')}</Link>
          <Link href={toApplication(ref, 'logs')}>{t('seeLogs')}</Link>
        </div>
      )}
      {status.data && <DriftBanner application={ref} status={status.data} />}
      {status.data && !status.data.release && !building && !status.data.rollout ? (
        <NotDeployed application={ref} gitUrl={application?.gitUrl ?? null} sourceType={application?.source.type} />
      ) : (
        status.data && (
          <>
            <Section
              title={t('now')}
              actions={
                <Equivalents
                  items={[
                    { title: t('now'), cli: toCli('status', ref), api: `GET ${base}/status` },
                    { title: t('pods'), cli: toCli('pods', ref), api: `GET ${base}/pods` },
                  ]}
                />
              }
            >
              <Facts
                items={[
                  { label: t('state'), value: <StatusBadge state={status.data.state} /> },
                  {
                    label: t('release'),
                    value: status.data.release ? (
                      <>
                        <Link href={toApplication(ref, 'releases')} className="tabular strong">
                          #{status.data.release}
                        </Link>{' '}
                        {running && <code className="muted">{shorten(running.hash)}</code>}
                      </>
                    ) : (
                      '–'
                    ),
                  },
                  { label: t('since'), value: <Time at={running?.createdAt} /> },
                  { label: t('url'), value: status.data.url ? <ExternalLink href={status.data.url} /> : '–' },
                  {
                    label: t('lastChange'),
                    value: <LastChange application={ref} status={status.data} rollout={last} />,
                  },
                ]}
              />
              <Processes status={status.data} />
            </Section>
            <Section
              title={t('pods')}
              flush
              actions={<LinkButton href={toApplication(ref, 'logs')}>{t('seeLogs')}</LinkButton>}
            >
              <PodTable application={ref} />
            </Section>
          </>
        )
      )}
    </>
  );
}

/** The rollout that changed the environment last, by whom and when. */
function LastChange({
  application,
  status,
  rollout,
}: {
  application: ApplicationRef;
  status: Status;
  rollout: Rollout | undefined;
}) {
  const t = useTranslations('applicationOverview');
  return (
    <span>
      {rollout && (
        <Link href={toRollout(application, rollout.id)}>
          {t('changedBy', { release: rollout.release, user: rollout.createdBy })}
        </Link>
      )}{' '}
      <span className={rollout ? 'muted' : undefined}>
        <Time at={status.lastChange} />
      </span>
    </span>
  );
}

function Processes({ status }: { status: Status }) {
  const t = useTranslations('applicationOverview');
  return (
    <ul className="processes">
      {status.processes.map((process) => {
        const isWhole = process.ready >= process.desired;
        return (
          <li key={process.name}>
            <span className="process-name">{process.name}</span>
            <Meter
              label={t('readyOf', { name: process.name })}
              value={process.ready}
              of={process.desired}
              tone={process.desired === 0 ? 'idle' : isWhole ? 'healthy' : process.ready === 0 ? 'failed' : 'degraded'}
            />
            <span className="tabular nowrap">{t('ready', { ready: process.ready, desired: process.desired })}</span>
          </li>
        );
      })}
    </ul>
  );
}

function NotDeployed({
  application: ref,
  gitUrl,
  sourceType,
}: {
  application: ApplicationRef;
  gitUrl: string | null;
  sourceType?: string;
}) {
  const t = useTranslations('applicationOverview');
  if (sourceType === 'push' && gitUrl) {
    return (
      <Section title={t('pushTitle')}>
        <p className="muted">{t('push')}</p>
        <CodeBlock code={`git remote add slipway ${gitUrl}\ngit push slipway main`} />
      </Section>
    );
  }
  return (
    <EmptyState
      icon="upload"
      title={t('notDeployedTitle', { environment: ref.environment })}
      action={
        <LinkButton href={toApplication(ref, sourceType === 'image' ? 'releases' : 'builds')} primary>
          {sourceType === 'image' ? t('toReleases') : t('toBuilds')}
        </LinkButton>
      }
      command={toCli('deploy', ref)}
    >
      {t('notDeployed')}
    </EmptyState>
  );
}
