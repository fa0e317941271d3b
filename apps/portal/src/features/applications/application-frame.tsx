'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { FreezeBanner } from '@/features/freezes/freeze-banner';
import { PromoteButton } from '@/features/promotions/promote-dialog';
import { RolloutProgress } from '@/features/rollouts/rollout-progress';
import { isOver } from '@/features/rollouts/rollout-state';
import { type ApplicationRef, applicationTabs, toApplication, toDrift, toRollout, toTenantPage } from '@/lib/paths';
import { ErrorBox } from '@/ui/error-box';
import { LinkButton } from '@/ui/link-button';
import { StatusBadge } from '@/ui/status';
import { applicationQuery, statusQuery } from './queries';

/** The head of every page of an application: what it is, how it stands, its tabs; a rollout in progress above all. */
export function ApplicationFrame({ application: ref, children }: { application: ApplicationRef; children: ReactNode }) {
  const t = useTranslations('tab');
  const words = useTranslations('application');
  const pathname = usePathname();
  const application = useQuery(applicationQuery(ref));
  const status = useQuery(statusQuery(ref)).data;

  if (application.error && !application.data) {
    return (
      <div className="page">
        <ErrorBox
          error={application.error}
          action={<Link href={toTenantPage(ref.tenant, 'applications')}>{words('toApplications')}</Link>}
        />
      </div>
    );
  }
  // It is found from the releases, for it is what differs from the one that is live.
  const isDrift = isWithin(pathname, toDrift(ref));
  const rollout = status?.rollout && !isOver(status.rollout) ? status.rollout : undefined;
  return (
    <div className="page">
      <header className="app-head">
        <h1>{ref.application}</h1>
        {status && <StatusBadge state={status.state} />}
        {status?.release ? <span className="muted tabular">{words('release', { number: status.release })}</span> : null}
        <span className="app-head-space" />
        {status?.release ? <PromoteButton application={ref} /> : null}
        {status?.url && (
          <LinkButton href={status.url} icon="external" external>
            {words('open')}
          </LinkButton>
        )}
      </header>
      <nav className="tabs" aria-label={words('tabs')}>
        {applicationTabs.map((tab) => {
          const href = toApplication(ref, tab);
          const isCurrent =
            tab === 'overview' ? pathname === href : isWithin(pathname, href) || (tab === 'releases' && isDrift);
          return (
            <Link key={tab} href={href} className="tab" aria-current={isCurrent ? 'page' : undefined}>
              {t(tab)}
            </Link>
          );
        })}
      </nav>
      <FreezeBanner application={ref} />
      {rollout && pathname !== toRollout(ref, rollout.id) && <RolloutProgress application={ref} rollout={rollout} />}
      {children}
    </div>
  );
}

const isWithin = (pathname: string, href: string): boolean => pathname === href || pathname.startsWith(`${href}/`);
