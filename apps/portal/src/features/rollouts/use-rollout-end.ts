'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useEffect, useRef } from 'react';
import { type ApplicationName, applicationKey } from '@/features/applications/queries';
import type { Rollout } from '@/lib/contract';
import { useAnnounce } from '@/ui/announcer';
import { isOver } from './rollout-state';

/** Announces the end of a rollout that was seen running, and looks at the application anew. */
export function useRolloutEnd(application: ApplicationName, rollout: Rollout | undefined): void {
  const t = useTranslations('rollout');
  const client = useQueryClient();
  const announce = useAnnounce();
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
}
