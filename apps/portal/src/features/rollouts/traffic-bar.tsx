'use client';
import { useTranslations } from 'next-intl';
import type { Rollout } from '@/lib/contract';
import { isOver } from './rollout-state';

/** How the traffic is shared between the release before and the new one. */
export function TrafficBar({ rollout }: { rollout: Rollout }) {
  const t = useTranslations('rolloutPage');
  const isNew = rollout.state === 'healthy' || rollout.previousRelease === null;
  const weight = isNew ? 100 : isOver(rollout) ? 0 : rollout.weight;
  const rest = Math.round((100 - weight) * 10) / 10;
  return (
    <div className="traffic">
      <div className="traffic-words">
        {rollout.previousRelease !== null && (
          <span>
            <span aria-hidden="true" className="traffic-key traffic-old" />
            {t('release', { number: rollout.previousRelease })} <strong className="tabular">{rest} %</strong>
          </span>
        )}
        <span>
          <span aria-hidden="true" className="traffic-key traffic-new" />
          {t('release', { number: rollout.release })} <strong className="tabular">{weight} %</strong>
        </span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: the browser's own meter cannot show two parts */}
      <div
        className="traffic-bar"
        role="meter"
        aria-label={t('trafficOf', { number: rollout.release })}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={weight}
      >
        <span className="traffic-old" style={{ width: `${rest}%` }} />
        <span className="traffic-new" style={{ width: `${weight}%` }} />
      </div>
    </div>
  );
}
