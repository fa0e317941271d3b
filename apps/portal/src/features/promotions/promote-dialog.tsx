'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { applicationKey } from '@/features/applications/queries';
import { OverrideField, useNeedsReason } from '@/features/freezes/override-field';
import { useMay } from '@/features/identity/use-may';
import { PlanView } from '@/features/plans/plan-view';
import { planQuery } from '@/features/plans/queries';
import { environmentsQuery } from '@/features/projects/queries';
import type { PromotionPlan } from '@/lib/contract';
import { shorten } from '@/lib/format';
import { type ApplicationRef, toRollout } from '@/lib/paths';
import { Check } from '@/ui/check';
import { Id } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { DiffView } from '@/ui/diff-view';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { promote, promotionPlanQuery } from './queries';

/** From environment to environment: the very release that runs here, with what it changes there, before the button. */
export function PromoteButton({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('promotion');
  const may = useMay(ref)('rollouts:promote');
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button disabled={!may} title={may ? undefined : t('mayNot')} onClick={() => setOpen(true)}>
        {t('button')}
      </Button>
      {isOpen && <PromoteDialog application={ref} onClose={() => setOpen(false)} />}
    </>
  );
}

function PromoteDialog({ application: ref, onClose }: { application: ApplicationRef; onClose: () => void }) {
  const t = useTranslations('promotion');
  const environments = useQuery(environmentsQuery(ref));
  const others = (environments.data ?? []).filter(({ name }) => name !== ref.environment);
  const [chosen, setChosen] = useState<string>();
  const to = chosen ?? others[0]?.name;
  const target = { ...ref, environment: to ?? ref.environment };
  const plan = useQuery({ ...promotionPlanQuery(target, ref.environment), enabled: to !== undefined });
  const [reason, setReason] = useState('');
  const [isForced, setForced] = useState(false);
  const start = useStart(target, onClose);
  const needsReason = useNeedsReason(target);
  const isRefused = useQuery({ ...planQuery(target, plan.data?.release ?? 0), enabled: plan.data !== undefined }).data
    ?.isRefused;
  const found = plan.data;
  const isReady =
    found !== undefined &&
    found.release !== found.current &&
    (found.healthy || isForced) &&
    !isRefused &&
    !(needsReason && reason.trim() === '');
  return (
    <Dialog
      open
      wide
      as="drawer"
      title={t('title', { from: ref.environment })}
      onClose={onClose}
      footer={
        found && (
          <Button
            type="primary"
            disabled={!isReady}
            loading={start.isPending}
            onClick={() =>
              start.mutate({
                from: ref.environment,
                release: found.release,
                force: isForced && !found.healthy,
                ...(needsReason ? { overrideFreeze: reason.trim() } : {}),
              })
            }
          >
            {t('verb', { release: found.release, to: found.to })}
          </Button>
        )
      }
    >
      <div className="stack">
        <p className="muted">{t('explanation')}</p>
        {environments.data && others.length === 0 ? (
          <p className="warn">{t('noOther')}</p>
        ) : (
          <Field label={t('to')}>
            {({ id }) => (
              <Select
                id={id}
                value={to ?? ''}
                onChange={(environment) => {
                  setChosen(environment);
                  setForced(false);
                }}
                options={others.map(({ name }) => ({ value: name, label: name }))}
              />
            )}
          </Field>
        )}
        {plan.error ? <ErrorBox error={plan.error} /> : null}
        {found && <Differences plan={found} />}
        {found && !found.healthy && <Unhealthy plan={found} project={ref} isForced={isForced} onForce={setForced} />}
        {found && found.release !== found.current && (
          <>
            <OverrideField application={target} value={reason} onChange={setReason} />
            <PlanView application={target} release={found.release} />
          </>
        )}
        {start.error ? <ErrorBox error={start.error} /> : null}
      </div>
    </Dialog>
  );
}

function Differences({ plan }: { plan: PromotionPlan }) {
  const t = useTranslations('promotion');
  if (plan.release === plan.current)
    return <p className="muted">{t('same', { release: plan.release, to: plan.to })}</p>;
  return (
    <>
      <p className="muted">
        {t('hash')} <Id value={plan.hash} short={shorten(plan.hash)} />
        {plan.current === null && <> · {t('first', { to: plan.to })}</>}
      </p>
      <h3>{t('differs', { release: plan.release, to: plan.to })}</h3>
      <DiffView changes={plan.changes} label={t('differs', { release: plan.release, to: plan.to })} />
    </>
  );
}

interface UnhealthyProps {
  readonly plan: PromotionPlan;
  readonly project: ApplicationRef;
  readonly isForced: boolean;
  readonly onForce: (isForced: boolean) => void;
}

function Unhealthy({ plan, project, isForced, onForce }: UnhealthyProps) {
  const t = useTranslations('promotion');
  const mayForce = useMay(project)('rollouts:force');
  return (
    <div className="banner banner-failed" role="alert">
      <span className="break">{t('notHealthy', { release: plan.release, from: plan.from })}</span>
      {mayForce ? (
        <Check checked={isForced} onChange={onForce}>
          {t('force')}
        </Check>
      ) : (
        <span>{t('mayNotForce')}</span>
      )}
    </div>
  );
}

/** Goes to the rollout where it has begun. */
function useStart(target: ApplicationRef, onClose: () => void) {
  const client = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: (body: Parameters<typeof promote>[1]) => promote(target, body),
    onSuccess: async ({ id }) => {
      await client.invalidateQueries({ queryKey: applicationKey(target) });
      onClose();
      router.push(toRollout(target, id));
    },
  });
}
