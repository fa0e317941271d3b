'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMay } from '@/features/identity/use-may';
import type { Train } from '@/lib/contract';
import type { ProjectRef } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { Dialog } from '@/ui/dialog';
import { ErrorBox } from '@/ui/error-box';
import { command, trainsKey } from './queries';
import { isOver, type TrainCommand } from './train-state';

/** What an operator can ask of a train now; what cannot be asked says why. */
export function TrainButtons({ place, train }: { place: ProjectRef; train: Train }) {
  const t = useTranslations('trains');
  const client = useQueryClient();
  const announce = useAnnounce();
  const may = useMay(place);
  const [isAborting, setAborting] = useState(false);
  const ask = useMutation({
    mutationFn: (asked: TrainCommand) => command(place, train.name, asked),
    onSuccess: async (_, asked) => {
      setAborting(false);
      announce(t(`asked.${asked}`));
      await client.invalidateQueries({ queryKey: trainsKey(place) });
    },
  });
  if (isOver(train)) return null;
  const refusalOf = (asked: TrainCommand): string | undefined => {
    if (!may(asked === 'promote' ? 'rollouts:promote' : 'rollouts:write')) return t('mayNot');
    return asked === 'promote' && train.state !== 'paused' ? t('nothingWaits') : undefined;
  };
  const shown: readonly TrainCommand[] = ['promote', train.held ? 'resume' : 'pause', 'abort'];
  return (
    <div className="stack">
      <div className="button-row">
        {shown.map((asked) => {
          const refusal = refusalOf(asked);
          return (
            <Button
              key={asked}
              type={asked === 'promote' ? 'primary' : 'default'}
              danger={asked === 'abort'}
              disabled={refusal !== undefined || (ask.isPending && ask.variables !== asked)}
              loading={ask.isPending && ask.variables === asked}
              title={refusal}
              onClick={() => (asked === 'abort' ? setAborting(true) : ask.mutate(asked))}
            >
              {t(`verbs.${asked}`)}
            </Button>
          );
        })}
      </div>
      {ask.error && !isAborting ? <ErrorBox error={ask.error} /> : null}
      <Dialog
        open={isAborting}
        title={t('abortTitle', { name: train.name })}
        onClose={() => setAborting(false)}
        footer={
          <>
            <Button onClick={() => setAborting(false)}>{t('keep')}</Button>
            <Button type="primary" danger loading={ask.isPending} onClick={() => ask.mutate('abort')}>
              {t('verbs.abort')}
            </Button>
          </>
        }
      >
        <p>{t(train.onFailure === 'revert' ? 'abortReverts' : 'abortStops')}</p>
        {ask.error ? <ErrorBox error={ask.error} /> : null}
      </Dialog>
    </div>
  );
}
