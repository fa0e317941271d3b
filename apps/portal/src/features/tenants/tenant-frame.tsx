'use client';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { WithSideNav } from '@/features/shell/side-nav';
import { toFreezes, toTenant, toTenantPage } from '@/lib/paths';
import { useTenantLive } from './tenant-live';

/** The developer side of one tenant. */
export function TenantFrame({ tenant, children }: { tenant: string; children: ReactNode }) {
  const t = useTranslations('nav');
  const quotas = useTranslations('quotas');
  const robots = useTranslations('robots');
  const freezes = useTranslations('freezes');
  const policies = useTranslations('imagePolicies');
  const live = useTenantLive(tenant);
  const items = [
    { href: toTenant(tenant), label: t('overview'), icon: 'overview', exact: true },
    {
      href: toTenantPage(tenant, 'applications'),
      label: t('applications'),
      icon: 'applications',
      under: [`/t/${tenant}/p/`, `/t/${tenant}/new`],
    },
    { href: toTenantPage(tenant, 'images'), label: t('images'), icon: 'images' },
    { href: `${toTenant(tenant)}/policies`, label: policies('title'), icon: 'check' },
    { href: toFreezes(tenant), label: freezes('title'), icon: 'pause' },
    { href: toTenantPage(tenant, 'access'), label: t('access'), icon: 'access' },
    { href: toTenantPage(tenant, 'quota'), label: quotas('title'), icon: 'jobs' },
    { href: toTenantPage(tenant, 'robots'), label: robots('title'), icon: 'key' },
    { href: `${toTenant(tenant)}/audit`, label: t('audit'), icon: 'audit' },
    { href: toTenantPage(tenant, 'settings'), label: t('settings'), icon: 'settings' },
  ] as const;
  return (
    <WithSideNav label={t('developer')} items={items} foot={live}>
      {children}
    </WithSideNav>
  );
}
