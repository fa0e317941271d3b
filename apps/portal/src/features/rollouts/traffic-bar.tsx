'use client';
import { useTranslations } from 'next-intl';
import type { Rollout } from '@/lib/contract';
import { trafficOf } from './rollout-state';

/** How the traffic is shared between the release before, the new one and what an experiment has of it. */
export function TrafficBar({ rollout }: { rollout: Rollout }) {
  const t = useTranslations('rolloutPage');
  const { before, next, templates } = trafficOf(rollout);
  return (
    <div className="traffic">
      <div className="traffic-words">
        {rollout.previousRelease !== null && (
          <span>
            <span aria-hidden="true" className="traffic-key traffic-old" />
            {t('release', { number: rollout.previousRelease })} <strong className="tabular">{before} %</strong>
          </span>
        )}
        {templates.map(({ name, specRef, weight }) => (
          <span key={name}>
            <span aria-hidden="true" className={`traffic-key traffic-${specRef}-template`} />
            {t('template', { name, release: (specRef === 'stable' ? rollout.previousRelease : rollout.release) ?? 0 })}{' '}
            <strong className="tabular">{weight} %</strong>
          </span>
        ))}
        <span>
          <span aria-hidden="true" className="traffic-key traffic-new" />
          {t('release', { number: rollout.release })} <strong className="tabular">{next} %</strong>
        </span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: the browser's own meter cannot show several parts */}
      <div
        className="traffic-bar"
        role="meter"
        aria-label={t('trafficOf', { number: rollout.release })}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={next}
      >
        <span className="traffic-old" style={{ width: `${before}%` }} />
        {templates.map(({ name, specRef, weight }) => (
          <span key={name} className={`traffic-${specRef}-template`} style={{ width: `${weight}%` }} />
        ))}
        <span className="traffic-new" style={{ width: `${next}%` }} />
      </div>
    </div>
  );
}
