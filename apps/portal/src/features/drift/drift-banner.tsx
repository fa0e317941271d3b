'use client';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { isOver } from '@/features/rollouts/rollout-state';
import type { Status } from '@/lib/contract';
import { type ApplicationRef, toDrift } from '@/lib/paths';
import { StatusBadge } from '@/ui/status';

/** Says that something was changed by hand and stands. Shows nothing otherwise, and while a rollout writes its own. */
export function DriftBanner({ application: ref, status }: { application: ApplicationRef; status: Status }) {
  const t = useTranslations('drift');
  if (status.drift === 0 || (status.rollout && !isOver(status.rollout))) return null;
  return (
    <div className="banner banner-degraded" role="status">
      <StatusBadge state="degraded" label={t('states.drifted', { count: status.drift })} />
      <span className="break">{t('banner')}</span>
      <Link href={toDrift(ref)}>{t('see')}</Link>
    </div>
  );
}
