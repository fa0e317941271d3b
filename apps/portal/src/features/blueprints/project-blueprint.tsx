'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Checkbox } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMay } from '@/features/identity/use-may';
import { toCli } from '@/lib/cli';
import type { BlueprintChange } from '@/lib/contract';
import type { ProjectRef } from '@/lib/paths';
import { Dialog } from '@/ui/dialog';
import { Equivalents } from '@/ui/equivalents';
import { ErrorBox } from '@/ui/error-box';
import { Section } from '@/ui/page';
import { applyBlueprint, projectBlueprintQuery } from './queries';

/** Which blueprint the project was made from, and what its newest version would change: chosen line by line before it is done. */
export function ProjectBlueprint({ tenant, project }: ProjectRef) {
  const t = useTranslations('projectBlueprint');
  const place = { tenant, project };
  const may = useMay(place);
  const client = useQueryClient();
  const query = projectBlueprintQuery(place);
  const plan = useQuery(query);
  const [open, setOpen] = useState(false);
  const [named, setNamed] = useState<readonly string[]>([]);
  const changes = plan.data?.changes ?? [];
  const isRemoval = (path: string) => changes.some((one) => one.path === path && one.change === 'remove');
  const close = () => {
    setOpen(false);
    setNamed([]);
  };
  const apply = useMutation({
    mutationFn: (version: number) =>
      applyBlueprint(place, {
        version,
        remove: named.filter(isRemoval),
        overwrite: named.filter((path) => !isRemoval(path)),
      }),
    onSuccess: async () => {
      close();
      await client.invalidateQueries({ queryKey: ['t', tenant, 'p', project] });
    },
  });
  if (!plan.data?.blueprint) return null;
  const { blueprint, madeFrom, newest, target, isGone } = plan.data;
  const isBehind = newest !== null && madeFrom !== newest;
  return (
    <Section
      title={t('title')}
      actions={
        <Equivalents
          items={[
            {
              title: t('title'),
              cli: toCli(`projects blueprint ${project}`, { tenant }),
              api: `GET /api/v1/tenants/${tenant}/projects/${project}/blueprint`,
            },
            {
              title: t('apply'),
              cli: toCli(`projects blueprint ${project} --apply`, { tenant }),
              api: `POST /api/v1/tenants/${tenant}/projects/${project}/blueprint/apply\n{"version":${newest ?? 1}}`,
            },
          ]}
        />
      }
    >
      <p>
        {madeFrom === null ? t('madeFromUnknown', { blueprint }) : t('madeFrom', { blueprint, version: madeFrom })}{' '}
        {isGone ? t('gone') : isBehind && newest !== null ? t('newest', { version: newest }) : t('current')}
      </p>
      {isBehind && (
        <div>
          <Button disabled={!may('projects:write')} onClick={() => setOpen(true)}>
            {t('see', { count: changes.length })}
          </Button>
        </div>
      )}
      <Dialog
        open={open}
        title={t('planTitle', { version: target ?? 1 })}
        onClose={close}
        footer={
          <>
            <Button onClick={close}>{t('cancel')}</Button>
            <Button
              type="primary"
              loading={apply.isPending}
              disabled={target === null}
              onClick={() => target !== null && apply.mutate(target)}
            >
              {t('applyVersion', { version: target ?? 1 })}
            </Button>
          </>
        }
      >
        <p>{t('explanation')}</p>
        {changes.length === 0 && <p className="muted">{t('nothing')}</p>}
        <ul className="plain-list">
          {changes.map((one) => (
            <li key={one.path} className="break">
              <Change
                change={one}
                isNamed={named.includes(one.path)}
                onName={(isNamed) =>
                  setNamed((others) => [...others.filter((path) => path !== one.path), ...(isNamed ? [one.path] : [])])
                }
              />
            </li>
          ))}
        </ul>
        {apply.error ? <ErrorBox error={apply.error} /> : null}
      </Dialog>
    </Section>
  );
}

/** A change is made by itself; one that takes something away waits for a tick. */
function Change({
  change: { path, change, from, to, isOwn, blocked },
  isNamed,
  onName,
}: {
  change: BlueprintChange;
  isNamed: boolean;
  onName: (isNamed: boolean) => void;
}) {
  const t = useTranslations('projectBlueprint');
  const values = change === 'add' ? to : change === 'remove' ? from : `${from} → ${to}`;
  const text = (
    <>
      {t(`changes.${change}`)} <code>{path}</code> {values} {isOwn && <span className="muted">{t('own')}</span>}
    </>
  );
  if (blocked)
    return (
      <>
        {text} <span className="muted">{t(`blocked.${blocked}`)}</span>
      </>
    );
  if (change !== 'remove' && !isOwn) return text;
  return (
    <Checkbox checked={isNamed} onChange={(event) => onName(event.target.checked)}>
      {text}
    </Checkbox>
  );
}
