'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { PodSecurity } from '@/lib/contract';
import type { ProjectRef } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { Dialog } from '@/ui/dialog';
import { ErrorBox } from '@/ui/error-box';
import { Field, Select } from '@/ui/field';
import { Input } from '@/ui/input';
import { askForBaseline, podSecurityQuery, putPodSecurity } from './queries';

const levels = ['restricted', 'baseline'] as const;

/** May containers of this project run as root? Whoever may not lower it asks for it here. */
export function PodSecurityField({ place, mayChange }: { place: ProjectRef; mayChange: boolean }) {
  const t = useTranslations('projectSecurity');
  const announce = useAnnounce();
  const client = useQueryClient();
  const query = podSecurityQuery(place);
  const security = useQuery(query);
  const [wanted, setWanted] = useState<PodSecurity['level']>();
  const [reason, setReason] = useState('');
  const mustAsk = wanted === 'baseline' && security.data?.mayLower === false;
  const change = useMutation({
    mutationFn: async (level: PodSecurity['level']) =>
      mustAsk ? void (await askForBaseline(place, reason.trim())) : void (await putPodSecurity(place, level)),
    onSuccess: async () => {
      if (mustAsk) announce(t('asked'));
      setWanted(undefined);
      setReason('');
      await client.invalidateQueries({ queryKey: query.queryKey });
    },
  });
  if (security.error && !security.data) return <ErrorBox error={security.error} />;
  if (!security.data) return null;
  const close = () => setWanted(undefined);
  return (
    <>
      <Field label={t('level')} help={security.data.mayLower ? undefined : t('mayNotLower')}>
        {({ id, 'aria-describedby': note }) => (
          <Select
            id={id}
            aria-describedby={note}
            disabled={!mayChange && security.data.level === 'baseline'}
            value={security.data.level}
            onChange={(to) => setWanted(levels.find((level) => level === to))}
            options={levels.map((level) => ({ value: level, label: t(`levels.${level}`) }))}
          />
        )}
      </Field>
      <Dialog
        open={wanted !== undefined}
        title={t('levelTitle', { project: place.project })}
        onClose={close}
        footer={
          <>
            <Button onClick={close}>{t('keep')}</Button>
            <Button
              type="primary"
              disabled={mustAsk && reason.trim() === ''}
              loading={change.isPending}
              onClick={() => wanted && change.mutate(wanted)}
            >
              {t(mustAsk ? 'ask' : 'apply')}
            </Button>
          </>
        }
      >
        <p>{t('levelExplanation')}</p>
        {mustAsk && (
          <Field label={t('askReason')} help={t('mayNotLower')}>
            {(control) => (
              <Input {...control} value={reason} onChange={(event) => setReason(event.target.value)} maxLength={1000} />
            )}
          </Field>
        )}
        {change.error ? <ErrorBox error={change.error} /> : null}
      </Dialog>
    </>
  );
}
