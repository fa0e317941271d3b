'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import * as z from 'zod/mini';
import { applicationKey, statusQuery } from '@/features/applications/queries';
import { rolloutQuery } from '@/features/rollouts/queries';
import { RolloutProgress } from '@/features/rollouts/rollout-progress';
import { isOver } from '@/features/rollouts/rollout-state';
import { toCli, toName } from '@/lib/cli';
import type { Build } from '@/lib/contract';
import { formatDuration, shortenImage } from '@/lib/format';
import { type ApplicationRef, toApplication } from '@/lib/paths';
import { useLogLines } from '@/lib/use-log-lines';
import { Id } from '@/ui/copy';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { LinkButton } from '@/ui/link-button';
import { LogView } from '@/ui/log-view';
import { Facts } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { Time, useNow } from '@/ui/time';
import { buildQuery, cancelBuild, isRunning, toBuildLogPath } from './queries';

const lineSchema = z.object({ at: z.optional(z.string()), stream: z.optional(z.string()), text: z.string() });

/** One build: its state, its log as it is written, and the rollout it leads to. */
export function BuildPage({ application: ref, number }: { application: ApplicationRef; number: number }) {
  const t = useTranslations('build');
  const client = useQueryClient();
  const build = useQuery(buildQuery(ref, number));
  const { lines, state } = useLogLines(build.data ? toBuildLogPath(ref, number) : undefined, (data) => {
    const line = lineSchema.parse(data);
    return { at: line.at, text: line.text, isError: line.stream === 'stderr' };
  });
  const cancel = useMutation({
    mutationFn: () => cancelBuild(ref, number),
    onSuccess: () => client.invalidateQueries({ queryKey: applicationKey(ref) }),
  });

  if (build.error && !build.data)
    return <ErrorBox error={build.error} action={<Link href={toApplication(ref, 'builds')}>{t('all')}</Link>} />;
  if (!build.data) return null;
  return (
    <>
      <div className="build-head">
        <h2>
          <Link href={toApplication(ref, 'builds')} className="underlined">
            {t('builds')}
          </Link>{' '}
          <span className="muted">/</span> #{number}
        </h2>
        <StatusBadge state={build.data.state} />
        <span className="app-head-space" />
        <Equivalents
          items={[
            {
              title: t('log'),
              cli: toCli(`builds log ${number} -f`, toName(ref)),
              api: `GET /api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/builds/${number}/log`,
            },
          ]}
        />
        {isRunning(build.data) && (
          <Button loading={cancel.isPending} onClick={() => cancel.mutate()}>
            {t('cancel')}
          </Button>
        )}
      </div>
      <BuildFacts build={build.data} />
      {build.data.error && (
        <div className="banner banner-failed" role="alert">
          <StatusBadge state="failed" label={t('failed')} />
          <span className="break">{build.data.error}</span>
        </div>
      )}
      {cancel.error ? <ErrorBox error={cancel.error} /> : null}
      {build.data.rollout && <BuildRollout application={ref} rollout={build.data.rollout} />}
      <LogView
        label={t('log')}
        lines={lines}
        state={state}
        fileName={`${ref.application}-build-${number}.log`}
        empty={isRunning(build.data) ? t('waiting') : t('emptyLog')}
      />
    </>
  );
}

function BuildFacts({ build }: { build: Build }) {
  const t = useTranslations('build');
  const now = useNow();
  const end = build.finishedAt ? Date.parse(build.finishedAt) : now;
  return (
    <Facts
      items={[
        { label: t('started'), value: <Time at={build.startedAt ?? build.createdAt} /> },
        {
          label: t('duration'),
          value:
            build.startedAt && end !== undefined ? (
              <span className="tabular">{formatDuration(end - Date.parse(build.startedAt))}</span>
            ) : (
              '–'
            ),
        },
        { label: t('release'), value: build.release ? <span className="tabular">#{build.release}</span> : '–' },
        { label: t('image'), value: build.image ? <Id value={build.image} short={shortenImage(build.image)} /> : '–' },
      ]}
    />
  );
}

/** The frame shows a rollout while it runs; here it stays when it has ended, with the address. */
function BuildRollout({ application: ref, rollout: id }: { application: ApplicationRef; rollout: string }) {
  const t = useTranslations('build');
  const rollout = useQuery(rolloutQuery(ref, id)).data;
  const status = useQuery(statusQuery(ref)).data;
  if (!rollout) return null;
  if (rollout.state === 'healthy') {
    return (
      <div className="banner banner-healthy">
        <StatusBadge
          state="healthy"
          label={t('live', { release: rollout.release, environment: rollout.environment })}
        />
        <span className="app-head-space" />
        {status?.url && (
          <LinkButton href={status.url} icon="external" external primary>
            {t('open')}
          </LinkButton>
        )}
        <LinkButton href={toApplication(ref)}>{t('toOverview')}</LinkButton>
      </div>
    );
  }
  const isShownAbove = status?.rollout?.id === id && !isOver(rollout);
  return isShownAbove ? null : <RolloutProgress application={ref} rollout={rollout} />;
}
