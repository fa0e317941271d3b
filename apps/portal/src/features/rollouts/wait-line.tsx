'use client';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import type { Rollout } from '@/lib/contract';
import { formatDuration } from '@/lib/format';
import { toSentence } from '@/ui/message';
import { useStepWords } from '@/ui/steps';
import { useNow } from '@/ui/time';
import { waitOf } from './rollout-state';

/** Why a rollout that goes on does not go on right now. */
export function WaitLine({ rollout }: { rollout: Rollout }) {
  const t = useTranslations('rolloutPage');
  const toWords = useStepWords();
  const now = useNow();
  const wait = waitOf(rollout);
  if (!wait) return null;
  switch (wait.for) {
    case 'time': {
      const left = now === undefined ? '…' : formatDuration(Math.max(0, Date.parse(wait.until) - now));
      return <p className="wait-line">{t('waits.time', { left })}</p>;
    }
    case 'approval':
      return (
        <p className="wait-line">
          {t('waits.approval')} <Link href={`/requests/${wait.request}`}>{t('toRequest')}</Link>
        </p>
      );
    case 'step':
      return (
        <p className="wait-line">
          {toWords(wait.step)}
          {wait.detail && <span className="muted break"> · {toSentence(wait.detail)}</span>}
        </p>
      );
    default:
      return <p className="wait-line">{t(`waits.${wait.for}`)}</p>;
  }
}
