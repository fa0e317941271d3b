'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { TenantState } from '@/lib/contract';
import { useAnnounce } from '@/ui/announcer';
import { Dialog } from '@/ui/dialog';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { StatusBadge } from '@/ui/status';
import { moveTenant, tenantStateQuery } from './queries';

type Target = TenantState['next'][number];
const verbs = { active: 'activate', cordoned: 'cordon', suspended: 'suspend', archived: 'archive' } as const;

/** Where an administrator moves a tenant to; what loses something is confirmed by typing the tenant's name. */
export function TenantStateDialog({ tenant, onClose }: { tenant: string; onClose: () => void }) {
  const t = useTranslations('tenantState');
  const announce = useAnnounce();
  const client = useQueryClient();
  const state = useQuery(tenantStateQuery(tenant));
  const [chosen, setChosen] = useState<Target>();
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const next = state.data?.next ?? [];
  const to = chosen ?? next[0];
  const isConfirmed = to !== 'archived' || typed === tenant;
  const move = useMutation({
    mutationFn: (target: Target) =>
      moveTenant(tenant, { state: target, reason, ...(target === 'archived' ? { confirm: typed } : {}) }),
    onSuccess: async (_, target) => {
      announce(t('moved', { name: tenant, state: t(`states.${target}`) }));
      await client.invalidateQueries({ queryKey: ['tenants'] });
      await client.invalidateQueries({ queryKey: ['t', tenant] });
      onClose();
    },
  });
  return (
    <Dialog
      open
      title={t('title', { name: tenant })}
      onClose={onClose}
      footer={
        to ? (
          <Button
            type="primary"
            danger={to === 'archived'}
            disabled={!reason.trim() || !isConfirmed}
            loading={move.isPending}
            onClick={() => move.mutate(to)}
          >
            {t(`do.${to}`, { name: tenant })}
          </Button>
        ) : null
      }
    >
      <div className="form">
        {state.error ? <ErrorBox error={state.error} /> : null}
        {state.data ? (
          <p>
            <StatusBadge state={state.data.state} /> <span className="muted">{state.data.reason}</span>
          </p>
        ) : null}
        {to ? (
          <>
            <Field label={t('to')} help={t(`effect.${to}`)}>
              {({ id, 'aria-describedby': note }) => (
                <Select
                  id={id}
                  aria-describedby={note}
                  value={to}
                  options={next.map((value) => ({ value, label: t(`states.${value}`) }))}
                  onChange={(value) => setChosen(next.find((one) => one === value))}
                />
              )}
            </Field>
            <Field label={t('reason')} help={t('reasonHelp')}>
              {(control) => <Input {...control} value={reason} onChange={(event) => setReason(event.target.value)} />}
            </Field>
            {to === 'archived' ? (
              <Field label={t('confirm', { name: tenant })}>
                {(control) => (
                  <Input
                    {...control}
                    value={typed}
                    onChange={(event) => setTyped(event.target.value)}
                    autoComplete="off"
                    spellCheck={false}
                  />
                )}
              </Field>
            ) : null}
            <Equivalents
              items={[
                {
                  title: t(`states.${to}`),
                  cli: `slipway tenants ${verbs[to]} ${tenant}`,
                  api: `POST /api/v1/tenants/${tenant}/state\n{"state":"${to}","reason":"…"}`,
                },
              ]}
            />
          </>
        ) : (
          <p className="muted">{t('noWay')}</p>
        )}
        {move.error ? <ErrorBox error={move.error} /> : null}
      </div>
    </Dialog>
  );
}
