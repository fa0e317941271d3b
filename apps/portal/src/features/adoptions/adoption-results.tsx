'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Adoption } from '@/lib/contract';
import { useAnnounce } from '@/ui/announcer';
import { ConfirmByTyping } from '@/ui/confirm-by-typing';
import { Section } from '@/ui/page';
import { StatusBadge } from '@/ui/status';
import { Time } from '@/ui/time';
import { releaseNamespace } from './queries';

const tones = { adopted: 'healthy', failed: 'failed', reversing: 'degraded', planned: 'idle' } as const;

/** The adoptions of late with what became of each namespace; one that was adopted can be given back. */
export function AdoptionResults({ adoptions }: { adoptions: readonly Adoption[] }) {
  const t = useTranslations('adoptions');
  const announce = useAnnounce();
  const client = useQueryClient();
  const [leaving, setLeaving] = useState<string>();
  const release = useMutation({
    mutationFn: releaseNamespace,
    onSuccess: (_, namespace) => {
      announce(t('released', { namespace }));
      setLeaving(undefined);
      return client.invalidateQueries({ queryKey: ['clusters'] });
    },
  });
  return (
    <>
      {adoptions.map(({ id, createdBy, createdAt, items, state }) => (
        <Section
          key={id}
          title={t('adoptionOf', { count: items.length, by: createdBy })}
          actions={
            <>
              <StatusBadge state={state} /> {createdAt && <Time at={createdAt} />}
            </>
          }
        >
          <ul className="rows" aria-live="polite">
            {items.map((item) => (
              <li key={item.namespace}>
                <span>
                  <StatusBadge
                    state={item.state}
                    tone={item.state in tones ? tones[item.state as keyof typeof tones] : undefined}
                    label={t(`states.${item.state}`)}
                  />{' '}
                  <code>{item.namespace}</code> → {item.tenant}/{item.project}/{item.environment}
                  {item.error && <span className="muted"> · {item.error.message}</span>}
                </span>
                {item.state === 'adopted' && (
                  <Button size="small" onClick={() => setLeaving(item.namespace)}>
                    {t('release')}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </Section>
      ))}
      <ConfirmByTyping
        open={leaving !== undefined}
        title={t('releaseTitle')}
        name={leaving ?? ''}
        verb={t('releaseNamed', { namespace: leaving ?? '' })}
        isRunning={release.isPending}
        error={release.error}
        onConfirm={() => leaving && release.mutate(leaving)}
        onClose={() => setLeaving(undefined)}
      >
        <p>{t('releaseExplanation')}</p>
      </ConfirmByTyping>
    </>
  );
}
