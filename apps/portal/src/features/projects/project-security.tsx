'use client';
import { useTranslations } from 'next-intl';
import { useMay } from '@/features/identity/use-may';
import { NetworkField } from '@/features/network/network-field';
import { PodSecurityField } from '@/features/pod-security/pod-security-field';
import { toCli } from '@/lib/cli';
import type { ProjectRef } from '@/lib/paths';
import { Equivalents } from '@/ui/equivalents';
import { Section } from '@/ui/page';

/** Who reaches the project's pods, and as whom its containers run. */
export function ProjectSecurity({ tenant, project }: ProjectRef) {
  const t = useTranslations('projectSecurity');
  const place = { tenant, project };
  const may = useMay(place);
  if (!may('policies:read')) return null;
  const base = `/api/v1/tenants/${tenant}/projects/${project}`;
  return (
    <Section
      title={t('title')}
      actions={
        <Equivalents
          items={[
            { title: t('neighbours'), cli: toCli('network show', place), api: `GET ${base}/network` },
            { title: t('level'), api: `PUT ${base}/pod-security\n{"level":"baseline"}` },
          ]}
        />
      }
    >
      <div className="form">
        <NetworkField place={place} mayChange={may('policies:write')} />
        <PodSecurityField place={place} mayChange={may('policies:write')} />
      </div>
    </Section>
  );
}
