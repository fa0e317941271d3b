'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useEffect, useRef } from 'react';
import { applicationKey } from '@/features/applications/queries';
import type { ApplicationRef } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { ErrorBox } from '@/ui/error-box';
import { StatusBadge } from '@/ui/status';
import { Steps } from '@/ui/steps';
import { abortRollout, isOver, rolloutQuery } from './queries';

/** A rollout with its steps until it ends, which is announced. */
export function RolloutProgress({
  application,
  rollout: initial,
}: {
  application: ApplicationRef;
  rollout: { readonly id: string };
}) {
  const t = useTranslations('rollout');
  const client = useQueryClient();
  const announce = useAnnounce();
  const rollout = useQuery(rolloutQuery(application, initial.id)).data;
  const wasRunning = useRef(false);
  const state = rollout?.state;

  useEffect(() => {
    if (!rollout || !state) return;
    if (!isOver({ state })) wasRunning.current = true;
    else if (wasRunning.current) {
      wasRunning.current = false;
      announce(
        t(`ended.${state === 'healthy' ? 'healthy' : state === 'aborted' ? 'aborted' : 'failed'}`, {
          release: rollout.release,
          environment: rollout.environment,
        }),
      );
      void client.invalidateQueries({ queryKey: applicationKey(application) });
    }
  }, [state, rollout, announce, t, client, application]);

  const abort = useMutation({
    mutationFn: () => abortRollout(application, initial.id),
    onSuccess: () => client.invalidateQueries({ queryKey: applicationKey(application) }),
  });
  if (!rollout) return null;
  return (
    <section
      className="rollout"
      aria-label={t('title', { release: rollout.release, environment: rollout.environment })}
    >
      <header className="rollout-head">
        <StatusBadge
          state={rollout.state}
          label={t('title', { release: rollout.release, environment: rollout.environment })}
        />
        {rollout.previousRelease ? (
          <span className="muted">{t('from', { release: rollout.previousRelease })}</span>
        ) : null}
        <span className="app-head-space" />
        {!isOver(rollout) && (
          <Button size="small" loading={abort.isPending} onClick={() => abort.mutate()}>
            {t('abort')}
          </Button>
        )}
      </header>
      <Steps steps={rollout.steps} />
      {rollout.error && <p className="error-text">{rollout.error}</p>}
      {abort.error ? <ErrorBox error={abort.error} /> : null}
    </section>
  );
}
