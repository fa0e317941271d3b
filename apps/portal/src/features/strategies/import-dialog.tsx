'use client';
import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { ConvertedStrategy, Strategy } from '@/lib/contract';
import { Dialog } from '@/ui/dialog';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { convertStrategy } from './queries';

interface ImportDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onUse: (strategy: Strategy) => void;
}

/** A manifest of Argo Rollouts or Flagger, what becomes of it, and what could not be taken, by its path. */
export function ImportDialog({ open, onClose, onUse }: ImportDialogProps) {
  const t = useTranslations('strategyImport');
  const [manifest, setManifest] = useState('');
  const conversion = useMutation({ mutationFn: () => convertStrategy(manifest) });
  const close = () => {
    setManifest('');
    conversion.reset();
    onClose();
  };
  const converted = conversion.data;
  return (
    <Dialog
      open={open}
      wide
      title={t('title')}
      onClose={close}
      footer={
        converted ? (
          <>
            <Button onClick={() => conversion.reset()}>{t('back')}</Button>
            <Button
              type="primary"
              onClick={() => {
                onUse(converted.strategy);
                close();
              }}
            >
              {t('use')}
            </Button>
          </>
        ) : (
          <Button
            type="primary"
            disabled={manifest.trim() === ''}
            loading={conversion.isPending}
            onClick={() => conversion.mutate()}
          >
            {t('convert')}
          </Button>
        )
      }
    >
      {converted ? (
        <Converted converted={converted} />
      ) : (
        <div className="form">
          <p className="muted">{t('explanation')}</p>
          <Field label={t('manifest')}>
            {({ status, ...control }) => (
              <textarea
                {...control}
                className="text-area mono"
                rows={14}
                value={manifest}
                spellCheck={false}
                placeholder={'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n…'}
                onChange={(event) => setManifest(event.target.value)}
              />
            )}
          </Field>
          <Field label={t('file')}>
            {({ status, ...control }) => (
              <input
                {...control}
                type="file"
                accept=".yaml,.yml,.json"
                onChange={async (event) => setManifest((await event.target.files?.[0]?.text()) ?? '')}
              />
            )}
          </Field>
          {conversion.error ? <ErrorBox error={conversion.error} /> : null}
        </div>
      )}
    </Dialog>
  );
}

function Converted({ converted: { strategy, warnings } }: { converted: ConvertedStrategy }) {
  const t = useTranslations('strategyImport');
  const words = useTranslations('strategy');
  const count = strategy.type === 'canary' ? strategy.steps.length : 0;
  return (
    <div className="stack">
      <p>{t('found', { type: words(`types.${strategy.type}`), count })}</p>
      {warnings.length === 0 ? (
        <p className="muted">{t('whole')}</p>
      ) : (
        <>
          <p className="warn">{t('warnings', { count: warnings.length })}</p>
          <ul className="plain-list">
            {warnings.map(({ path, message }) => (
              <li key={`${path}${message}`} className="break">
                <code>{path}</code> {message}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
