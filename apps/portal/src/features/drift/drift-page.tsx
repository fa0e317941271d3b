'use client';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useCallback, useState } from 'react';
import { statusQuery } from '@/features/applications/queries';
import { useMay } from '@/features/identity/use-may';
import { toCli } from '@/lib/cli';
import type { Drift } from '@/lib/contract';
import { type ApplicationRef, toApplication } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { LinkButton } from '@/ui/link-button';
import { Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { Time } from '@/ui/time';
import { AcceptDialog } from './accept-dialog';
import { DriftObjects } from './drift-objects';
import { DriftPolicySection } from './drift-policy-section';
import { type Asked, openOf, tones } from './drift-state';
import { HealDialog } from './heal-dialog';
import { useAsked } from './use-asked';

/** What of an application was changed by hand in the cluster, and what becomes of it. */
export function DriftPage({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('drift');
  const announce = useAnnounce();
  const may = useMay(ref);
  const told = useCallback((verb: Asked['verb']) => announce(t(`done.${verb}`)), [announce, t]);
  const { drift, verb, isLate, error, ask } = useAsked(ref, told);
  const status = useQuery(statusQuery(ref)).data;
  const words = { application: ref.application, environment: ref.environment };

  if (drift.error && !drift.data) return <ErrorBox error={drift.error} />;
  if (!drift.data) return null;
  if (status && !status.release && drift.data.state === 'unknown') {
    return (
      <EmptyState
        icon="archive"
        title={t('notReleased', words)}
        action={<LinkButton href={toApplication(ref, 'releases')}>{t('toReleases')}</LinkButton>}
        command={toCli('drift', ref)}
      >
        {t('notReleasedText')}
      </EmptyState>
    );
  }
  const base = `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/environments/${ref.environment}/drift`;
  return (
    <>
      <Section
        title={t('title')}
        actions={
          <div className="button-row">
            <Equivalents
              items={[
                { title: t('look'), cli: toCli('drift', ref), api: `POST ${base}/look` },
                { title: t('heal'), cli: toCli('drift --heal', ref), api: `POST ${base}/heal` },
                {
                  title: t('accept'),
                  cli: toCli(`drift --accept '${t('reasonExample')}'`, ref),
                  api: `POST ${base}/accept\n{"reason":"${t('reasonExample')}"}`,
                },
              ]}
            />
            <Button loading={verb === 'look'} disabled={verb === 'heal'} onClick={() => ask('look')}>
              {t('look')}
            </Button>
          </div>
        }
      >
        <div className="drift-state" role="status">
          <StatusBadge
            state={drift.data.state}
            tone={tones[drift.data.state]}
            label={t(`states.${drift.data.state}`, { count: drift.data.open })}
          />
          {verb ? (
            <StatusBadge state="running" label={t(`doing.${verb}`)} quiet />
          ) : (
            drift.data.lookedAt && (
              <span className="muted">
                {t('lookedAt')} <Time at={drift.data.lookedAt} />
              </span>
            )
          )}
        </div>
        {isLate && <p className="warn">{t('late')}</p>}
        {error ? <ErrorBox error={error} /> : null}
        <Found application={ref} drift={drift.data} verb={verb} onHeal={() => ask('heal')} />
        {!may('rollouts:write') && (
          <p className="muted">
            {t('mayNot')}{' '}
            <Link className="underlined" href={`/requests?ask=${ref.tenant}/${ref.project}`}>
              {t('askForAccess')}
            </Link>
          </p>
        )}
      </Section>
      <DriftPolicySection application={ref} drift={drift.data} />
    </>
  );
}

function Found({
  application: ref,
  drift,
  verb,
  onHeal,
}: {
  application: ApplicationRef;
  drift: Drift;
  verb: Asked['verb'] | undefined;
  onHeal: () => void;
}) {
  const t = useTranslations('drift');
  const may = useMay(ref);
  const [opened, setOpened] = useState<'heal' | 'accept'>();
  const close = () => setOpened(undefined);
  const open = openOf(drift.items);
  if (drift.items.length === 0) {
    const { state } = drift;
    return <p className="muted">{t(`explained.${state === 'unknown' || state === 'rolling-out' ? state : 'none'}`)}</p>;
  }
  return (
    <>
      <DriftObjects application={ref} items={drift.items} />
      {open.length > 0 && may('rollouts:write') && (
        <div className="button-row">
          <Button type="primary" loading={verb === 'heal'} onClick={() => setOpened('heal')}>
            {t('healCount', { count: open.length })}
          </Button>
          <Button disabled={verb === 'heal'} onClick={() => setOpened('accept')}>
            {t('acceptOpen')}
          </Button>
        </div>
      )}
      <HealDialog
        application={ref}
        items={open}
        open={opened === 'heal'}
        onClose={close}
        onHeal={() => {
          close();
          onHeal();
        }}
      />
      {opened === 'accept' && <AcceptDialog application={ref} items={open} onClose={close} />}
    </>
  );
}
