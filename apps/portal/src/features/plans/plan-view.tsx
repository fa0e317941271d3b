'use client';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import type { RolloutPlan } from '@/lib/contract';
import { formatDuration } from '@/lib/format';
import type { ApplicationRef } from '@/lib/paths';
import { DiffView } from '@/ui/diff-view';
import { ErrorBox } from '@/ui/error-box';
import { useStepWords } from '@/ui/steps';
import { planQuery } from './queries';

/** Before the button is pressed: may it be, who must consent, what moves and by which steps, and each object that differs. */
export function PlanView({ application, release }: { application: ApplicationRef; release: number }) {
  return <AskedPlan asked={useQuery(planQuery(application, release))} />;
}

/** The plan of any change that can be asked about first; null where nothing is in force that it could move. */
export function AskedPlan({ asked: plan }: { asked: UseQueryResult<RolloutPlan | null> }) {
  const t = useTranslations('plans');
  if (plan.error) return <ErrorBox error={plan.error} />;
  if (plan.data === null) return <p className="muted">{t('nothingInForce')}</p>;
  if (!plan.data) return <p className="muted">{t('loading')}</p>;
  return (
    <section className="stack" aria-label={t('title')}>
      <h3>{t('title')}</h3>
      <Verdict plan={plan.data} />
      <dl className="plan-facts">
        <Quota quota={plan.data.quota} />
        <Fact label={t('routes')}>
          {plan.data.routes.length === 0 ? <span className="muted">{t('noRoutes')}</span> : plan.data.routes.join(', ')}
        </Fact>
        <Policies policies={plan.data.policies} />
        <Steps plan={plan.data} />
        {plan.data.warnings.length > 0 && (
          <Fact label={t('warnings')}>
            {plan.data.warnings.map(({ path, message }) => (
              <p key={`${path}${message}`} className="warn break">
                <code>{path}</code> {message}
              </p>
            ))}
          </Fact>
        )}
        <Objects objects={plan.data.objects} />
      </dl>
    </section>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Verdict({ plan }: { plan: RolloutPlan }) {
  const t = useTranslations('plans');
  if (plan.isRefused) {
    const why = plan.quota.hasRoom ? t('refusedByPolicy') : (plan.quota.message ?? t('refusedByQuota'));
    return (
      <p className="banner banner-failed break" role="alert">
        {t('refused', { why })}
      </p>
    );
  }
  // In a freeze the field for the reason says whether somebody is asked.
  if (plan.consent.freeze !== null) return null;
  return (
    <p className={plan.consent.isNeeded ? 'warn' : 'muted'}>{t(plan.consent.isNeeded ? 'approval' : 'noApproval')}</p>
  );
}

function Quota({ quota }: { quota: RolloutPlan['quota'] }) {
  const t = useTranslations('plans');
  const changed = quota.amounts.filter(({ before, after, surge }) => before !== after || surge !== null);
  return (
    <Fact label={t('quota')}>
      {quota.hasRoom ? (
        <p className="muted">{t(changed.length === 0 ? 'quotaSame' : 'quotaRoom')}</p>
      ) : (
        <p className="warn break">{quota.message}</p>
      )}
      {changed.length > 0 && (
        <ul className="plain-list plan-amounts">
          {changed.map(({ resource, before, after, surge }) => (
            <li key={resource} className="tabular">
              <code>{resource}</code> {before === after ? (after ?? 0) : `${before ?? 0} → ${after ?? 0}`}
              {surge !== null && <span className="muted"> {t('surge', { amount: surge })}</span>}
            </li>
          ))}
        </ul>
      )}
    </Fact>
  );
}

function Policies({ policies }: { policies: RolloutPlan['policies'] }) {
  const t = useTranslations('plans');
  return (
    <Fact label={t('policies')}>
      {policies.length === 0 ? (
        <span className="muted">{t('noFindings')}</span>
      ) : (
        policies.map(({ policy, mode, rule, message, remedy }) => (
          <p key={`${policy}${rule}`} className={mode === 'enforce' ? 'field-error break' : 'warn break'}>
            {t(`modes.${mode}`)} · <strong>{policy}</strong>: {message} {remedy}
          </p>
        ))
      )}
    </Fact>
  );
}

function Steps({ plan }: { plan: RolloutPlan }) {
  const t = useTranslations('plans');
  const strategy = useTranslations('strategy');
  const toWords = useStepWords();
  return (
    <Fact label={t('steps', { strategy: strategy(`types.${plan.strategy.type}`) })}>
      <ol className="plan-steps">
        {plan.steps.map(({ name, seconds }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a plan's steps keep their order
          <li key={index}>
            {toWords(name)}{' '}
            {seconds !== 0 && (
              <span className="muted">
                {seconds === null ? t('untilPromoted') : t('atLeast', { time: formatDuration(seconds * 1000) })}
              </span>
            )}
          </li>
        ))}
      </ol>
    </Fact>
  );
}

function Objects({ objects }: { objects: RolloutPlan['objects'] }) {
  const t = useTranslations('plans');
  const count = (wanted: string) => objects.filter(({ action }) => action === wanted).length;
  return (
    <Fact label={t('objects')}>
      {objects.length === 0 ? (
        <span className="muted">{t('noObjects')}</span>
      ) : (
        <>
          <p className="muted">
            {t('objectCounts', { create: count('create'), update: count('update'), delete: count('delete') })}
          </p>
          {objects.map(({ kind, name, action, changes }) => (
            <details key={`${kind}/${name}`} className="plan-object">
              <summary>
                <span className="muted">{t(`actions.${action}`)}</span>{' '}
                <code className="break">{`${kind}/${name}`}</code>
              </summary>
              {changes.length > 0 && <DiffView changes={changes} label={`${kind}/${name}`} />}
            </details>
          ))}
        </>
      )}
    </Fact>
  );
}
