'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMay } from '@/features/identity/use-may';
import type { Drift } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { Dialog } from '@/ui/dialog';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { Section } from '@/ui/page';
import { openOf } from './drift-state';
import { OverwrittenList } from './overwritten-list';
import { environmentPolicyQuery, putEnvironmentPolicy, putPolicy } from './queries';

const policies = ['show', 'heal'] as const;
const choices = ['inherit', ...policies] as const;
type Wanted =
  | { readonly of: 'application'; readonly policy: (typeof choices)[number] }
  | { readonly of: 'environment'; readonly policy: (typeof policies)[number] };

/** What is done about it from now on: the application's own word, or its environment's. */
export function DriftPolicySection({ application: ref, drift }: { application: ApplicationRef; drift: Drift }) {
  const t = useTranslations('drift');
  const may = useMay(ref);
  const [wanted, setWanted] = useState<Wanted>();
  const environment = useQuery(environmentPolicyQuery(ref)).data?.policy;
  const own = drift.policyFrom === 'environment' ? 'inherit' : drift.policy;
  const words = { application: ref.application, environment: ref.environment };
  const inherited = environment ?? (own === 'inherit' ? drift.policy : undefined);
  const toLabel = (choice: (typeof choices)[number]) =>
    choice === 'inherit'
      ? t('inherit', { ...words, policy: inherited === undefined ? '' : t(`policies.${inherited}`) })
      : t(`policies.${choice}`);
  return (
    <Section title={t('policyTitle')}>
      <p className="muted">{t(`policyNow.${drift.policy}`)}</p>
      <div className="drift-policies">
        {may('rollouts:write') ? (
          <Field label={t('policyOf', words)}>
            {({ id }) => (
              <Select
                id={id}
                value={own}
                onChange={(to) => {
                  const policy = choices.find((choice) => choice === to);
                  if (policy) setWanted({ of: 'application', policy });
                }}
                options={choices.map((value) => ({ value, label: toLabel(value) }))}
              />
            )}
          </Field>
        ) : (
          <p>
            {t('policyOf', words)}: <strong>{toLabel(own)}</strong>
          </p>
        )}
        {environment &&
          (may('environments:write') ? (
            <Field label={t('policyOfAll', words)} help={t('policyOfAllHelp')}>
              {({ id, 'aria-describedby': note }) => (
                <Select
                  id={id}
                  aria-describedby={note}
                  value={environment}
                  onChange={(to) => {
                    const policy = policies.find((choice) => choice === to);
                    if (policy) setWanted({ of: 'environment', policy });
                  }}
                  options={policies.map((value) => ({ value, label: toLabel(value) }))}
                />
              )}
            </Field>
          ) : (
            <p>
              {t('policyOfAll', words)}: <strong>{toLabel(environment)}</strong>
            </p>
          ))}
      </div>
      {wanted && (
        <PolicyDialog
          application={ref}
          drift={drift}
          wanted={wanted}
          isHealing={(wanted.policy === 'inherit' ? inherited : wanted.policy) === 'heal'}
          onClose={() => setWanted(undefined)}
        />
      )}
    </Section>
  );
}

function PolicyDialog({
  application: ref,
  drift,
  wanted,
  isHealing,
  onClose,
}: {
  application: ApplicationRef;
  drift: Drift;
  wanted: Wanted;
  isHealing: boolean;
  onClose: () => void;
}) {
  const t = useTranslations('drift');
  const announce = useAnnounce();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: async () => {
      if (wanted.of === 'environment') await putEnvironmentPolicy(ref, wanted.policy);
      else await putPolicy(ref, wanted.policy === 'inherit' ? null : wanted.policy);
    },
    onSuccess: async () => {
      announce(t('policySaved'));
      await client.invalidateQueries({ queryKey: ['t', ref.tenant, 'p', ref.project] });
      onClose();
    },
  });
  const words = { application: ref.application, environment: ref.environment };
  const reachesHere = wanted.of === 'application' || drift.policyFrom === 'environment';
  const lost = isHealing && reachesHere ? openOf(drift.items) : [];
  return (
    <Dialog
      open
      wide={lost.length > 0}
      title={wanted.of === 'environment' ? t('policyOfAll', words) : t('policyOf', words)}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('keepPolicy')}</Button>
          <Button type="primary" danger={isHealing} loading={change.isPending} onClick={() => change.mutate()}>
            {t(`policyVerbs.${wanted.policy}`, words)}
          </Button>
        </>
      }
    >
      <div className="stack">
        <p>{t(isHealing ? 'policyNow.heal' : 'policyNow.show')}</p>
        {wanted.of === 'environment' && (
          <p>
            {t('policyOfAllHelp')} {isHealing && t('othersToo')}
          </p>
        )}
        {lost.length > 0 && (
          <>
            <p>{t('lostAtOnce')}</p>
            <OverwrittenList items={lost} />
          </>
        )}
        {change.error ? <ErrorBox error={change.error} /> : null}
      </div>
    </Dialog>
  );
}
