'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { AskedPlan } from '@/features/plans/plan-view';
import { toCli } from '@/lib/cli';
import type { Scaling } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { Meter } from '@/ui/chart-frame';
import { DiffView } from '@/ui/diff-view';
import { EmptyState } from '@/ui/empty-state';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { Input } from '@/ui/input';
import { Section } from '@/ui/page';
import { applicationKey, scale, scalePlanQuery, scalingQuery, type WantedScale } from './queries';

type Process = Scaling['processes'][string];

export function ScalingTab({ application: ref }: { application: ApplicationRef }) {
  const t = useTranslations('scaling');
  const scaling = useQuery(scalingQuery(ref));
  if (scaling.error && !scaling.data) return <ErrorBox error={scaling.error} />;
  if (!scaling.data) return null;
  const processes = Object.entries(scaling.data.processes);
  const base = `/api/v1/tenants/${ref.tenant}/projects/${ref.project}/applications/${ref.application}/environments/${ref.environment}/scaling`;
  return (
    <>
      <div className="tab-tools">
        <Equivalents
          items={[
            { title: t('title'), cli: toCli('scale', ref), api: `GET ${base}` },
            {
              title: t('change'),
              cli: toCli('scale web=3', ref),
              api: `PATCH ${base}\n{"processes":{"web":{"replicas":3}}}`,
            },
          ]}
        />
      </div>
      {processes.length === 0 && <EmptyState icon="applications" title={t('empty')} />}
      {processes.map(([process, now]) => (
        <ProcessForm key={process} application={ref} name={process} now={now} />
      ))}
    </>
  );
}

const mostReplicas = 100;

function ProcessForm({ application: ref, name, now }: { application: ApplicationRef; name: string; now: Process }) {
  const t = useTranslations('scaling');
  const announce = useAnnounce();
  const client = useQueryClient();
  const [edited, setEdited] = useState<{ replicas?: string; cpu?: string; memory?: string }>({});
  const replicas = edited.replicas ?? String(now.replicas);
  const cpu = edited.cpu ?? now.resources?.cpu ?? '';
  const memory = edited.memory ?? now.resources?.memory ?? '';
  const wanted = Number(replicas);
  const isValid = Number.isInteger(wanted) && wanted >= 0 && wanted <= mostReplicas;
  const changes = [
    ...(wanted !== now.replicas ? [{ path: `${name}.replicas`, before: String(now.replicas), after: replicas }] : []),
    ...(cpu !== (now.resources?.cpu ?? '') ? [{ path: `${name}.cpu`, before: now.resources?.cpu, after: cpu }] : []),
    ...(memory !== (now.resources?.memory ?? '')
      ? [{ path: `${name}.memory`, before: now.resources?.memory, after: memory }]
      : []),
  ];
  const processes = {
    [name]: {
      replicas: wanted,
      ...(edited.cpu !== undefined || edited.memory !== undefined
        ? { resources: { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) } }
        : {}),
    },
  };
  const isChange = isValid && changes.length > 0;
  const change = useMutation({
    mutationFn: () => scale(ref, processes),
    onSuccess: async () => {
      announce(t('scaled', { name, count: wanted }));
      setEdited({});
      await client.invalidateQueries({ queryKey: applicationKey(ref) });
    },
  });
  const ready = now.ready ?? 0;
  const step = (by: number) =>
    setEdited({
      ...edited,
      replicas: String(Math.min(mostReplicas, Math.max(0, (isValid ? wanted : now.replicas) + by))),
    });
  return (
    <Section title={name}>
      <div className="scale-now">
        <Meter
          label={t('readyOf', { name })}
          value={ready}
          of={now.replicas}
          tone={now.replicas === 0 ? 'idle' : ready >= now.replicas ? 'healthy' : 'progressing'}
        />
        <span className="tabular">{t('ready', { ready, desired: now.replicas })}</span>
      </div>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isChange) change.mutate();
        }}
      >
        <div className="form-row">
          <Field label={t('replicas')} error={isValid ? undefined : t('badReplicas', { most: mostReplicas })}>
            {(control) => (
              <div className="with-button">
                <Button aria-label={t('fewer', { name })} onClick={() => step(-1)}>
                  −
                </Button>
                <Input
                  {...control}
                  className="tabular short-input"
                  inputMode="numeric"
                  value={replicas}
                  onChange={(event) => setEdited({ ...edited, replicas: event.target.value })}
                />
                <Button aria-label={t('more', { name })} onClick={() => step(1)}>
                  +
                </Button>
              </div>
            )}
          </Field>
          <Field label={t('cpu')} help={t('cpuHelp')}>
            {(control) => (
              <Input
                {...control}
                className="mono"
                value={cpu}
                placeholder="250m"
                onChange={(event) => setEdited({ ...edited, cpu: event.target.value })}
              />
            )}
          </Field>
          <Field label={t('memory')} help={t('memoryHelp')}>
            {(control) => (
              <Input
                {...control}
                className="mono"
                value={memory}
                placeholder="256Mi"
                onChange={(event) => setEdited({ ...edited, memory: event.target.value })}
              />
            )}
          </Field>
        </div>
        {isChange && <DiffView changes={changes} label={t('change')} />}
        {isChange && <ScalePlan application={ref} processes={processes} />}
        {wanted === 0 && now.replicas > 0 && <p className="warn">{t('zero')}</p>}
        {change.error ? <ErrorBox error={change.error} /> : null}
        <div>
          <Button type="primary" htmlType="submit" disabled={!isChange} loading={change.isPending}>
            {wanted !== now.replicas && isValid ? t('scaleTo', { name, count: wanted }) : t('applyNamed', { name })}
          </Button>
        </div>
      </form>
    </Section>
  );
}

function ScalePlan({
  application,
  processes,
}: {
  application: ApplicationRef;
  processes: Record<string, WantedScale>;
}) {
  return <AskedPlan asked={useQuery(scalePlanQuery(application, processes))} />;
}
