'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { projectsQuery } from '@/features/projects/queries';
import { tenantsQuery } from '@/features/tenants/queries';
import type { Adoption, EnvironmentKind } from '@/lib/contract';
import { useAnnounce } from '@/ui/announcer';
import { Dialog } from '@/ui/dialog';
import { DiffView } from '@/ui/diff-view';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { planAdoption, startAdoption } from './queries';

const kinds: readonly EnvironmentKind[] = ['production', 'staging', 'development'];

interface Props {
  readonly namespaces: readonly string[];
  readonly onClose: () => void;
  readonly onStarted: () => void;
}

/** Who gets them, then what that would set and what stands in the way, then the button that does it. */
export function AdoptDialog({ namespaces, onClose, onStarted }: Props) {
  const t = useTranslations('adoptions');
  const announce = useAnnounce();
  const client = useQueryClient();
  const [place, setPlace] = useState({ tenant: '', project: '' });
  const [kind, setKind] = useState<EnvironmentKind>('production');
  const [names, setNames] = useState<Readonly<Record<string, string>>>({});
  const tenants = useQuery(tenantsQuery()).data ?? [];
  const projects = useQuery({ ...projectsQuery(place.tenant), enabled: place.tenant !== '' }).data ?? [];
  const items = namespaces.map((namespace) => ({
    ...{ namespace, ...place, kind },
    environment: names[namespace] ?? namespace,
  }));
  const plan = useMutation({ mutationFn: () => planAdoption(items) });
  const start = useMutation({
    mutationFn: () => startAdoption(items),
    onSuccess: async () => {
      announce(t('started', { count: items.length }));
      await client.invalidateQueries({ queryKey: ['clusters'] });
      onStarted();
    },
  });
  const isBlocked = plan.data?.items.some(({ problems }) => problems.some(({ severity }) => severity === 'error'));
  const change = (set: () => void) => {
    set();
    plan.reset();
    start.reset();
  };
  const choose = (values: readonly { name: string }[]) => [
    { value: '', label: t('pleaseChoose') },
    ...values.map(({ name }) => ({ value: name, label: name })),
  ];
  return (
    <Dialog
      open
      wide
      title={t('adoptTitle', { count: namespaces.length })}
      onClose={onClose}
      footer={
        plan.data ? (
          <>
            <Button onClick={() => plan.reset()}>{t('back')}</Button>
            <Button type="primary" disabled={isBlocked} loading={start.isPending} onClick={() => start.mutate()}>
              {t('adoptInto', { count: namespaces.length, place: `${place.tenant}/${place.project}` })}
            </Button>
          </>
        ) : (
          <>
            <Button onClick={onClose}>{t('cancel')}</Button>
            <Button
              type="primary"
              disabled={place.project === ''}
              loading={plan.isPending}
              onClick={() => plan.mutate()}
            >
              {t('showPlan')}
            </Button>
          </>
        )
      }
    >
      {plan.data ? (
        <Plan plan={plan.data} />
      ) : (
        <div className="form">
          <Field label={t('tenant')}>
            {({ id }) => (
              <Select
                id={id}
                value={place.tenant}
                onChange={(tenant) => change(() => setPlace({ tenant, project: '' }))}
                options={choose(tenants)}
              />
            )}
          </Field>
          <Field label={t('project')} help={t('projectHelp')}>
            {({ id, ...control }) => (
              <Select
                id={id}
                aria-describedby={control['aria-describedby']}
                value={place.project}
                onChange={(project) => change(() => setPlace({ ...place, project }))}
                options={choose(projects)}
                disabled={place.tenant === ''}
              />
            )}
          </Field>
          <Field label={t('kind')}>
            {({ id }) => (
              <Select
                id={id}
                value={kind}
                onChange={(value) => change(() => setKind(kinds.find((one) => one === value) ?? 'production'))}
                options={kinds.map((value) => ({ value, label: t(`kinds.${value}`) }))}
              />
            )}
          </Field>
          {namespaces.map((namespace) => (
            <Field key={namespace} label={t('environmentOf', { namespace })}>
              {(control) => (
                <Input
                  {...control}
                  value={names[namespace] ?? namespace}
                  onChange={(event) => setNames({ ...names, [namespace]: event.target.value })}
                  autoComplete="off"
                  spellCheck={false}
                />
              )}
            </Field>
          ))}
        </div>
      )}
      {plan.error || start.error ? <ErrorBox error={plan.error ?? start.error} /> : null}
    </Dialog>
  );
}

function Plan({ plan }: { plan: Adoption }) {
  const t = useTranslations('adoptions');
  return (
    <>
      <p className="muted">{t('planExplanation')}</p>
      {plan.items.map(({ namespace, tenant, project, environment, problems, changes }) => (
        <Section key={namespace} title={`${namespace} → ${tenant}/${project}/${environment}`}>
          {problems.length === 0 && <StatusBadge state="ready" label={t('noProblems')} />}
          <ul className="rows">
            {problems.map(({ code, severity, message }) => (
              <li key={`${code} ${message}`}>
                <StatusBadge
                  state={severity}
                  tone={severity === 'error' ? 'failed' : 'degraded'}
                  label={t(`severity.${severity}`)}
                />{' '}
                {message}
              </li>
            ))}
          </ul>
          <details>
            <summary>{t('changes', { count: changes.length })}</summary>
            <DiffView changes={changes} label={t('changes', { count: changes.length })} />
          </details>
        </Section>
      ))}
    </>
  );
}
