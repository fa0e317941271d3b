'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { applicationKey } from '@/features/applications/queries';
import { OverrideField, useNeedsReason } from '@/features/freezes/override-field';
import { useMay } from '@/features/identity/use-may';
import type { Rollout } from '@/lib/contract';
import { type ApplicationRef, toRollout } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { Dialog } from '@/ui/dialog';
import { ErrorBox } from '@/ui/error-box';
import { command } from './queries';
import { hasSteps, isOver, permissionOf, type Refusal, type RolloutCommand, refusalOf } from './rollout-state';

/** What an operator can ask of a rollout now. What cannot be asked says why. */
export function RolloutButtons({ application: ref, rollout }: { application: ApplicationRef; rollout: Rollout }) {
  const t = useTranslations('rolloutPage');
  const client = useQueryClient();
  const announce = useAnnounce();
  const may = useMay(ref);
  const [isAborting, setAborting] = useState(false);
  const [retried, setRetried] = useState<string>();
  const [reason, setReason] = useState('');
  const needsReason = useNeedsReason(ref);
  const ask = useMutation({
    mutationFn: (asked: RolloutCommand) => command(ref, rollout.id, asked, needsReason ? reason.trim() : undefined),
    onSuccess: async (answer, asked) => {
      setAborting(false);
      announce(t(`asked.${asked}`));
      if (asked === 'retry') setRetried(answer.id);
      await client.invalidateQueries({ queryKey: applicationKey(ref) });
    },
  });
  const refused = (asked: RolloutCommand): Refusal | undefined =>
    refusalOf(rollout, asked) ?? (may(permissionOf(asked)) ? undefined : 'forbidden');
  const shown = commandsOf(rollout);
  const canPromote = shown.some((asked) => asked === 'promote' && refused(asked) === undefined);
  const reasons = [...new Set(shown.map(refused).filter((reason) => reason !== undefined))];
  return (
    <div className="stack rollout-actions">
      {canPromote && <OverrideField application={ref} value={reason} onChange={setReason} />}
      <div className="button-row">
        {shown.map((asked) => {
          const refusal = refused(asked);
          return (
            <Button
              key={asked}
              type={asked === 'promote' || asked === 'retry' ? 'primary' : 'default'}
              danger={asked === 'abort'}
              disabled={refusal !== undefined || (ask.isPending && ask.variables !== asked)}
              loading={ask.isPending && ask.variables === asked}
              title={refusal && t(`reasons.${refusal}`)}
              onClick={() => (asked === 'abort' ? setAborting(true) : ask.mutate(asked))}
            >
              {t(`verbs.${asked}`)}
            </Button>
          );
        })}
      </div>
      {reasons.map((reason) => (
        <p key={reason} className="muted">
          {t(`reasons.${reason}`)}{' '}
          {reason === 'forbidden' && (
            <Link href={`/requests?ask=${ref.tenant}/${ref.project}`}>{t('askForAccess')}</Link>
          )}
        </p>
      ))}
      {retried && (
        <p>
          <Link href={toRollout(ref, retried)}>{t('toRetry')}</Link>
        </p>
      )}
      {ask.error && !isAborting ? <ErrorBox error={ask.error} /> : null}
      <Dialog
        open={isAborting}
        title={t('abortTitle', { release: rollout.release })}
        onClose={() => setAborting(false)}
        footer={
          <>
            <Button onClick={() => setAborting(false)}>{t('keep')}</Button>
            <Button type="primary" danger loading={ask.isPending} onClick={() => ask.mutate('abort')}>
              {t('abortVerb')}
            </Button>
          </>
        }
      >
        <p>
          {rollout.previousRelease === null
            ? t('abortFirst')
            : t('abortExplanation', { release: rollout.previousRelease, environment: rollout.environment })}
        </p>
        {ask.error ? <ErrorBox error={ask.error} /> : null}
      </Dialog>
    </div>
  );
}

/** A healthy rollout takes no command; pause and resume take one place. */
function commandsOf(rollout: Rollout): readonly RolloutCommand[] {
  if (isOver(rollout)) return rollout.state === 'healthy' ? [] : ['retry'];
  if (!hasSteps(rollout)) return ['abort'];
  return ['promote', 'promote-full', rollout.held ? 'resume' : 'pause', 'abort'];
}
