import { useTranslations } from 'next-intl';
import type { Quota } from '@/lib/contract';

type Item = Quota['items'][number];

/** When it is full, in words. */
export function ForecastText({ forecast }: { forecast: Item['forecast'] }) {
  const t = useTranslations('quotas');
  if (!forecast) return <span className="muted">–</span>;
  if (forecast.state !== 'filling') return <span className="muted">{t(`forecasts.${forecast.state}`)}</span>;
  const { days, earliestDays, latestDays } = forecast;
  const from = earliestDays ?? 0;
  return (
    <span>
      {latestDays === null
        ? t('fullFrom', { days: days ?? 0, from })
        : t('fullBetween', { days: days ?? 0, from, to: latestDays })}
    </span>
  );
}

/** Calm, from 80 per cent on a warning, from 95 on an alarm. */
export function toTone(ratio: number | null): 'healthy' | 'degraded' | 'failed' {
  if ((ratio ?? 0) >= 0.95) return 'failed';
  return (ratio ?? 0) >= 0.8 ? 'degraded' : 'healthy';
}
