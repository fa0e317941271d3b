'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useLocale, useTranslations } from 'next-intl';
import { formatMoment } from '@/lib/format';
import { type ApplicationRef, toFreezes } from '@/lib/paths';
import { StatusBadge } from '@/ui/status';
import { freezeCheckQuery } from './queries';

/** Nothing new is rolled out here now: why, until when, and what can be done. Shows nothing otherwise. */
export function FreezeBanner({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('freezes');
  const locale = useLocale();
  const check = useQuery(freezeCheckQuery(ref)).data;
  const [freeze] = check?.freezes ?? [];
  if (!check || !freeze?.current) return null;
  return (
    <div className="banner" role="status">
      <StatusBadge state="paused" label={t('banner', { time: formatMoment(freeze.current.until, locale) })} />
      <span className="break">
        <strong>{freeze.name}</strong>: {freeze.reason}
      </span>
      <span className="muted">{t(check.canOverride ? 'mayOverride' : 'mayAsk')}</span>
      <Link href={toFreezes(ref.tenant)}>{t('toFreezes')}</Link>
    </div>
  );
}
