'use client';
import { useMutation } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { Domain } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { Check } from '@/ui/check';
import { ErrorBox } from '@/ui/error-box';
import { changeDomain } from './queries';

interface HttpsSwitchProps {
  readonly application: ApplicationRef;
  readonly domain: Domain;
  readonly mayChange: boolean;
  readonly onChanged: () => Promise<unknown>;
}

/** Whether who asks without TLS is sent there. Without a certificate there is nowhere to send them. */
export function HttpsSwitch({ application: ref, domain, mayChange, onChanged }: HttpsSwitchProps) {
  const t = useTranslations('domains');
  const announce = useAnnounce();
  const { hostname, https, certificate } = domain;
  const change = useMutation({
    mutationFn: (isOnly: boolean) => changeDomain(ref, hostname, { https: isOnly ? 'only' : 'also' }),
    onSuccess: async (changed) => {
      await onChanged();
      announce(t(`httpsIs.${changed.https}`, { hostname }));
    },
  });
  const isServed = certificate?.state === 'valid' || certificate?.state === 'expiring';
  const isFree = mayChange && !change.isPending && (isServed || https === 'only');
  return (
    <fieldset
      className="plain-fieldset nowrap"
      aria-label={t('httpsOf', { hostname })}
      disabled={!isFree}
      title={!mayChange ? t('mayNot') : isServed ? undefined : t('httpsNeedsCertificate')}
    >
      <Check
        checked={change.isPending ? change.variables : https === 'only'}
        onChange={(isOnly) => change.mutate(isOnly)}
      >
        {t('httpsOnly')}
      </Check>
      {change.error ? <ErrorBox error={change.error} /> : null}
    </fieldset>
  );
}
