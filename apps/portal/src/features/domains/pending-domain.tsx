'use client';
import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import type { Domain } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { CodeBlock } from '@/ui/copy';
import { ErrorBox } from '@/ui/error-box';
import { Section } from '@/ui/page';
import { Time } from '@/ui/time';
import { verifyDomain } from './queries';

interface PendingDomainProps {
  readonly application: ApplicationRef;
  readonly domain: Domain;
  readonly mayVerify: boolean;
  readonly onLooked: () => Promise<unknown>;
}

/** What is to be published for a host name that is not proven yet, and what was found at the last look. */
export function PendingDomain({ application: ref, domain, mayVerify, onLooked }: PendingDomainProps) {
  const t = useTranslations('domains');
  const announce = useAnnounce();
  const { hostname, challenge } = domain;
  const look = useMutation({
    mutationFn: () => verifyDomain(ref, hostname),
    onSuccess: async (found) => {
      announce(found.state === 'verified' ? t('isVerified', { hostname }) : t('isPending', { hostname }));
      await onLooked();
    },
  });
  if (!challenge) return null;
  return (
    <Section title={t('prove', { hostname })}>
      <p>{t('proveExplanation')}</p>
      <CodeBlock label={t('recordName')} code={challenge.name} />
      <CodeBlock label={t('recordValue')} code={challenge.value} />
      <p role="status">
        {domain.message ?? t('notLooked')}
        {domain.lastCheckedAt && (
          <>
            {' '}
            <Time at={domain.lastCheckedAt} />
          </>
        )}
      </p>
      {domain.nextCheckAt === null && <p className="muted">{t('rests')}</p>}
      <div className="button-row">
        <Button
          loading={look.isPending}
          disabled={!mayVerify}
          title={mayVerify ? undefined : t('mayNot')}
          onClick={() => look.mutate()}
        >
          {t('lookNow', { hostname })}
        </Button>
      </div>
      {look.error ? <ErrorBox error={look.error} /> : null}
    </Section>
  );
}
