'use client';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Quota } from '@/lib/contract';
import { useAnnounce } from '@/ui/announcer';
import { Dialog } from '@/ui/dialog';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { Input } from '@/ui/input';
import { putQuota, type QuotaPlace } from './queries';

const usual = ['requests.cpu', 'requests.memory', 'pods', 'projects', 'applications', 'build-minutes'];

/** Limits as fields; first the plan is shown, then it is applied. Limits with a grant in force are left alone. */
export function LimitsDialog({ place, quota, onClose }: { place: QuotaPlace; quota: Quota; onClose: () => void }) {
  const t = useTranslations('quotas');
  const announce = useAnnounce();
  const client = useQueryClient();
  const before = Object.fromEntries(
    quota.items.flatMap((item) => (item.limit === null ? [] : [[item.resource, item.limit]])),
  );
  const [limits, setLimits] = useState<Readonly<Record<string, string>>>(before);
  const [plan, setPlan] = useState<Quota['changes']>();
  const [problem, setProblem] = useState<unknown>();
  const [isSending, setSending] = useState(false);
  const hasGrants = quota.items.some(({ granted }) => granted !== '0');
  const resources = [
    ...new Set([...Object.keys(before), ...quota.items.map(({ resource }) => resource), ...usual]),
  ].sort();
  const send = async (isDryRun: boolean) => {
    setSending(true);
    setProblem(undefined);
    const wanted = Object.fromEntries(Object.entries(limits).filter(([, amount]) => amount.trim() !== ''));
    try {
      const answer = await putQuota(place, { limits: wanted, overcommitPercent: quota.overcommitPercent }, isDryRun);
      if (isDryRun) return setPlan(answer.changes);
      await client.invalidateQueries({ queryKey: ['t', place.tenant, 'quota'] });
      announce(t('saved'));
      onClose();
    } catch (error) {
      setProblem(error);
    } finally {
      setSending(false);
    }
  };
  return (
    <Dialog
      open
      wide
      title={t('edit', { name: quota.name })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button disabled={hasGrants} loading={isSending} onClick={() => void send(true)}>
            {t('plan')}
          </Button>
          <Button
            type="primary"
            disabled={!plan || plan.length === 0 || hasGrants}
            loading={isSending}
            onClick={() => void send(false)}
          >
            {t('apply', { count: plan?.length ?? 0 })}
          </Button>
        </>
      }
    >
      <p className="muted">{hasGrants ? t('editGrants') : t('editHelp')}</p>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void send(true);
        }}
      >
        {resources.map((resource) => (
          <Field key={resource} label={resource}>
            {(control) => (
              <Input
                {...control}
                value={limits[resource] ?? ''}
                placeholder={t('noLimit')}
                onChange={(event) => {
                  setPlan(undefined);
                  setLimits({ ...limits, [resource]: event.target.value });
                }}
              />
            )}
          </Field>
        ))}
        <button type="submit" hidden />
      </form>
      {plan && (
        <ul className="rows" aria-live="polite">
          {plan.length === 0 && <li className="muted">{t('nothingDiffers')}</li>}
          {plan.map((change) => (
            <li key={change.resource}>
              <code>{change.resource}</code>{' '}
              {t('change', {
                before: change.before ?? t('noLimit'),
                after: change.after ?? t('noLimit'),
                used: change.used,
              })}
              {change.isOver && <strong> · {t('wouldBeOver')}</strong>}
            </li>
          ))}
        </ul>
      )}
      {problem ? <ErrorBox error={problem} /> : null}
    </Dialog>
  );
}
