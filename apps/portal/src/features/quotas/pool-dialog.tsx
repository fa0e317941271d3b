'use client';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { QuotaPool } from '@/lib/contract';
import { useAnnounce } from '@/ui/announcer';
import { Dialog } from '@/ui/dialog';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { Input } from '@/ui/input';
import { putPool } from './queries';

const usual = ['pods', 'requests.cpu', 'requests.memory'];

/** A pool's limits as fields; first the plan is shown, then it is applied. */
export function PoolDialog({ pool, onClose }: { pool: QuotaPool; onClose: () => void }) {
  const t = useTranslations('quotas');
  const announce = useAnnounce();
  const client = useQueryClient();
  const [limits, setLimits] = useState<Readonly<Record<string, string>>>(
    Object.fromEntries(
      pool.items.flatMap(({ resource, limit, followsNodes }) =>
        limit === null ? [] : [[resource, followsNodes ? 'nodes' : limit]],
      ),
    ),
  );
  const [percent, setPercent] = useState(String(pool.overcommitPercent));
  const [plan, setPlan] = useState<QuotaPool['changes']>();
  const [problem, setProblem] = useState<unknown>();
  const [isSending, setSending] = useState(false);
  const resources = [
    ...new Set([
      ...usual,
      ...Object.keys(limits),
      ...pool.items.filter(({ allocatable }) => allocatable !== null).map(({ resource }) => resource),
    ]),
  ].sort();
  const send = async (isDryRun: boolean) => {
    setSending(true);
    setProblem(undefined);
    const wanted = Object.fromEntries(Object.entries(limits).filter(([, amount]) => amount.trim() !== ''));
    try {
      const answer = await putPool(pool, { limits: wanted, overcommitPercent: Number(percent) }, isDryRun);
      if (isDryRun) return setPlan(answer.changes);
      await client.invalidateQueries({ queryKey: ['pool', pool.cluster] });
      announce(t('saved'));
      onClose();
    } catch (error) {
      setProblem(error);
    } finally {
      setSending(false);
    }
  };
  const change = (work: () => void) => {
    setPlan(undefined);
    work();
  };
  return (
    <Dialog
      open
      wide
      title={t('poolEdit')}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button loading={isSending} onClick={() => void send(true)}>
            {t('plan')}
          </Button>
          <Button type="primary" disabled={!plan} loading={isSending} onClick={() => void send(false)}>
            {t('apply', { count: plan?.length ?? 0 })}
          </Button>
        </>
      }
    >
      <p className="muted">{t('poolEditHelp')}</p>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void send(true);
        }}
      >
        <Field label={t('poolOvercommit')}>
          {(control) => (
            <Input
              {...control}
              type="number"
              value={percent}
              onChange={(event) => change(() => setPercent(event.target.value))}
            />
          )}
        </Field>
        {resources.map((resource) => (
          <Field key={resource} label={resource}>
            {(control) => (
              <Input
                {...control}
                value={limits[resource] ?? ''}
                placeholder={t('noLimit')}
                onChange={(event) => change(() => setLimits({ ...limits, [resource]: event.target.value }))}
              />
            )}
          </Field>
        ))}
        <button type="submit" hidden />
      </form>
      {plan && (
        <>
          <p className="strong" aria-live="polite">
            {t('changesTitle', { count: plan.length })}
          </p>
          <ul className="rows">
            {plan.map((one) => (
              <li key={one.resource}>
                <code>{one.resource}</code>{' '}
                {t('change', {
                  before: one.before ?? t('noLimit'),
                  after: one.after ?? t('noLimit'),
                  used: one.used,
                })}
                {one.isOver && <strong> · {t('wouldBeOver')}</strong>}
              </li>
            ))}
          </ul>
        </>
      )}
      {problem ? <ErrorBox error={problem} /> : null}
    </Dialog>
  );
}
