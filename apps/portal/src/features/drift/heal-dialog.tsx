'use client';
import { Button } from 'antd';
import { useTranslations } from 'next-intl';
import type { DriftItem } from '@/lib/contract';
import type { ApplicationRef } from '@/lib/paths';
import { Dialog } from '@/ui/dialog';
import { OverwrittenList } from './overwritten-list';

interface HealDialogProps {
  readonly application: ApplicationRef;
  /** What is open. */
  readonly items: readonly DriftItem[];
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onHeal: () => void;
}

/** Names what is overwritten before it is. */
export function HealDialog({ application: ref, items, open, onClose, onHeal }: HealDialogProps) {
  const t = useTranslations('drift');
  return (
    <Dialog
      wide
      open={open}
      title={t('healTitle', { application: ref.application, environment: ref.environment })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('keep')}</Button>
          <Button type="primary" danger onClick={onHeal}>
            {t('healVerb', { count: items.length })}
          </Button>
        </>
      }
    >
      <div className="stack">
        <p>{t('healExplanation')}</p>
        <OverwrittenList items={items} />
        <p className="muted">{t('healNote')}</p>
      </div>
    </Dialog>
  );
}
