'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { meQuery } from '@/features/identity/queries';
import { EmptyState } from '@/ui/empty-state';
import { WithSideNav } from './side-nav';

/** The admin console; whoever is no administrator learns that, and the way back. */
export function AdminFrame({ children }: { children: ReactNode }) {
  const t = useTranslations('nav');
  const admin = useTranslations('admin');
  const requests = useTranslations('requests');
  const access = useTranslations('accessControl');
  const policies = useTranslations('approvalPolicies');
  const adoptions = useTranslations('adoptions');
  const quotas = useTranslations('quotas');
  const identity = useTranslations('identityAdmin');
  const security = useTranslations('security');
  const freezes = useTranslations('freezes');
  const blueprints = useTranslations('blueprints');
  const images = useTranslations('imagePolicies');
  const me = useQuery(meQuery()).data;
  const items = [
    { href: '/admin', label: t('overview'), icon: 'overview', exact: true },
    { href: '/admin/tenants', label: t('tenants'), icon: 'tenants' },
    { href: '/admin/requests', label: requests('title'), icon: 'bell' },
    { href: '/admin/approval-policies', label: policies('title'), icon: 'check' },
    { href: '/admin/freezes', label: freezes('adminTitle'), icon: 'pause' },
    { href: '/admin/access', label: access('platformTitle'), icon: 'access' },
    { href: '/admin/users', label: t('users'), icon: 'users' },
    { href: '/admin/quotas', label: quotas('adminTitle'), icon: 'jobs' },
    { href: '/admin/identity', label: identity('title'), icon: 'key' },
    { href: '/admin/policies', label: images('title'), icon: 'images' },
    { href: '/admin/blueprints', label: blueprints('title'), icon: 'archive' },
    { href: '/admin/security', label: security('title'), icon: 'key' },
    { href: '/admin/clusters', label: t('clusters'), icon: 'clusters' },
    { href: '/admin/namespaces', label: adoptions('title'), icon: 'applications' },
    { href: '/admin/audit', label: t('audit'), icon: 'audit' },
  ] as const;
  if (me && !me.isAdmin) {
    return (
      <main id="content" className="main main-alone" tabIndex={-1}>
        <EmptyState icon="key" title={admin('notAdminTitle')} action={<Link href="/?choose=1">{admin('back')}</Link>}>
          {admin('notAdmin')}
        </EmptyState>
      </main>
    );
  }
  return (
    <WithSideNav label={t('adminConsole')} items={items}>
      {children}
    </WithSideNav>
  );
}
