'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { ProjectNetwork } from '@/lib/contract';
import type { ProjectRef } from '@/lib/paths';
import { Dialog } from '@/ui/dialog';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { projectNetworkQuery, putProjectNetwork } from './queries';

const modes = ['tenant', 'project', 'namespace'] as const;

/** Who reaches this project's pods. What a change will do is shown before it is done. */
export function NetworkField({ place, mayChange }: { place: ProjectRef; mayChange: boolean }) {
  const t = useTranslations('projectSecurity');
  const client = useQueryClient();
  const query = projectNetworkQuery(place);
  const network = useQuery(query);
  const [wanted, setWanted] = useState<ProjectNetwork['mode']>();
  const preview = useQuery({
    queryKey: [...query.queryKey, 'preview', wanted],
    queryFn: () => putProjectNetwork(place, wanted ?? null, true),
    enabled: wanted !== undefined,
    retry: false,
  });
  const change = useMutation({
    mutationFn: (mode: ProjectNetwork['mode']) => putProjectNetwork(place, mode, false),
    onSuccess: (changed) => {
      client.setQueryData(query.queryKey, changed);
      setWanted(undefined);
    },
  });
  if (network.error && !network.data) return <ErrorBox error={network.error} />;
  if (!network.data) return null;
  const { mode, inForce, egress, places } = network.data;
  const label = (one: (typeof modes)[number]) => t(`modes.${one}`);
  return (
    <div className="stack">
      <Field label={t('neighbours')} help={mayChange ? undefined : t('mayNot')}>
        {({ id }) => (
          <Select
            id={id}
            disabled={!mayChange}
            value={mode ?? ''}
            onChange={(to) => setWanted(modes.find((one) => one === to) ?? null)}
            options={[
              { value: '', label: mode === null ? t('modes.inherit', { mode: label(inForce) }) : t('inherit') },
              ...modes.map((one) => ({ value: one, label: label(one) })),
            ]}
          />
        )}
      </Field>
      <p className="muted">{t('egress', { where: t(`egresses.${egress}`) })}</p>
      <Places places={places} />
      <Dialog
        open={wanted !== undefined}
        title={t('changeTitle', { project: place.project })}
        onClose={() => setWanted(undefined)}
        footer={
          <>
            <Button onClick={() => setWanted(undefined)}>{t('keep')}</Button>
            <Button
              type="primary"
              disabled={!preview.data}
              loading={change.isPending}
              onClick={() => wanted !== undefined && change.mutate(wanted)}
            >
              {t('apply')}
            </Button>
          </>
        }
      >
        <p>{t('changeExplanation')}</p>
        {preview.data && <Places places={preview.data.places} />}
        {preview.error || change.error ? <ErrorBox error={change.error ?? preview.error} /> : null}
      </Dialog>
    </div>
  );
}

function Places({ places }: { places: ProjectNetwork['places'] }) {
  const t = useTranslations('projectSecurity');
  return (
    <ul className="plain-list">
      {places.map(({ namespace, reaches }) => {
        const others = reaches.filter((one) => one !== namespace).join(', ');
        return (
          <li key={namespace} className="break">
            {t('reaches', { namespace, others: others || t('nothing') })}
          </li>
        );
      })}
    </ul>
  );
}
