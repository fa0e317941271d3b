'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { toQuota } from '@/lib/paths';
import { Meter } from '@/ui/chart-frame';
import { Section } from '@/ui/page';
import { ForecastText, toTone } from './forecast-text';
import { type QuotaPlace, quotaQuery } from './queries';

const shown = 4;

/** The limits that are nearest to being used up; nothing where nothing is limited. */
export function QuotaSummary({ place }: { place: QuotaPlace }) {
  const t = useTranslations('quotas');
  const items = useQuery(quotaQuery(place)).data?.items ?? [];
  const nearest = items.filter(({ ratio }) => ratio !== null).sort((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0));
  if (nearest.length === 0) return null;
  return (
    <Section title={t('near')} actions={<Link href={toQuota(place)}>{t('nearAll')}</Link>} flush>
      <ul className="rows quota-rows">
        {nearest.slice(0, shown).map((item) => (
          <li key={item.resource}>
            <code>{item.resource}</code>
            <Meter
              label={t('useOf', { resource: item.resource })}
              value={item.ratio ?? 0}
              of={1}
              tone={toTone(item.ratio)}
            />
            <span className="tabular">
              {t('usedOf', { used: item.used, limit: item.limit ?? '' })}
              {item.isOver && <strong> · {t('over')}</strong>}
            </span>
            <ForecastText forecast={item.forecast} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
