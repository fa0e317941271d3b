'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type ApplicationRef, toRollout } from '@/lib/paths';
import { LinkButton } from '@/ui/link-button';
import { Message } from '@/ui/message';
import { StatusBadge } from '@/ui/status';
import { Steps } from '@/ui/steps';
import { rolloutQuery } from './queries';
import { hasSteps } from './rollout-state';
import { TrafficBar } from './traffic-bar';
import { useRolloutEnd } from './use-rollout-end';
import { WaitLine } from './wait-line';

/** A rollout in short until it ends, which is announced; its page has the buttons. */
export function RolloutProgress({
  application,
  rollout: initial,
}: {
  application: ApplicationRef;
  rollout: { readonly id: string };
}) {
  const t = useTranslations('rollout');
  const rollout = useQuery(rolloutQuery(application, initial.id)).data;
  useRolloutEnd(application, rollout);
  if (!rollout) return null;
  const title = t('title', { release: rollout.release, environment: rollout.environment });
  const isGradual = hasSteps(rollout);
  return (
    <section className="rollout" aria-label={title}>
      <header className="rollout-head">
        <StatusBadge state={rollout.state} label={title} />
        {rollout.previousRelease ? (
          <span className="muted">{t('from', { release: rollout.previousRelease })}</span>
        ) : null}
        <span className="app-head-space" />
        <LinkButton href={toRollout(application, rollout.id)}>{t('open')}</LinkButton>
      </header>
      {isGradual ? (
        <div className="rollout-body">
          <TrafficBar rollout={rollout} />
          <WaitLine rollout={rollout} />
        </div>
      ) : (
        <Steps steps={rollout.steps} />
      )}
      {rollout.error && <Message text={rollout.error} className="error-text" />}
    </section>
  );
}
