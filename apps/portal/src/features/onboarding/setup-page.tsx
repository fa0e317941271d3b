'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { requestQuery } from '@/features/requests/queries';
import { toTenant } from '@/lib/paths';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { LinkButton } from '@/ui/link-button';
import { Page, Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { Steps } from '@/ui/steps';
import { setupQuery } from './queries';

const known = ['tenant', 'group', 'roles', 'quota', 'projects', 'namespaces', 'open'] as const;

/** From the request to the tenant: what is waited for, then each step as it is done, or taken back. */
export function SetupPage({ request }: { request: string }) {
  const t = useTranslations('setup');
  const asked = useQuery({ ...requestQuery(request), refetchInterval: 2_000 });
  const setup = useQuery(setupQuery(request)).data;
  const toLabel = (name: string): string => {
    const step = known.find((one) => one === name);
    return step ? t(`steps.${step}`) : name;
  };
  const state = setup?.state ?? asked.data?.state;
  return (
    <Page
      narrow
      title={setup ? t('titleOf', { name: setup.tenant }) : t('title')}
      description={asked.data?.title}
      actions={
        <Equivalents
          items={[
            {
              title: t('title'),
              cli: `slipway tenants setup ${request}`,
              api: `GET /api/v1/requests/${request}/setup`,
            },
          ]}
        />
      }
    >
      {asked.error && !asked.data ? <ErrorBox error={asked.error} /> : null}
      <Section title={t('progress')}>
        <p aria-live="polite">
          {state ? <StatusBadge state={state} /> : null} {setup ? null : t('waiting')}
        </p>
        {setup ? <Steps steps={setup.steps.map((step) => ({ ...step, name: toLabel(step.name) }))} /> : null}
        {setup?.error ? <p role="alert">{t('failed', { reason: setup.error })}</p> : null}
        {setup?.state === 'succeeded' ? (
          <LinkButton primary href={toTenant(setup.tenant)}>
            {t('openTenant', { name: setup.tenant })}
          </LinkButton>
        ) : null}
      </Section>
    </Page>
  );
}
