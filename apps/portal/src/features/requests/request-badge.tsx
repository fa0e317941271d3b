'use client';
import { useTranslations } from 'next-intl';
import type { ApprovalRequest } from '@/lib/contract';
import { StatusBadge, type StatusTone } from '@/ui/status';

const tones: Readonly<Record<ApprovalRequest['state'], StatusTone>> = {
  pending: 'progressing',
  approved: 'healthy',
  rejected: 'failed',
  withdrawn: 'idle',
  expired: 'idle',
  ended: 'idle',
};

/** The state of a request; broken glass that waits for its review stands out. */
export function RequestBadge({ request }: { request: ApprovalRequest }) {
  const t = useTranslations('requests');
  if (request.review === 'due') return <StatusBadge state="due" tone="degraded" label={t('reviewDue')} />;
  return <StatusBadge state={request.state} tone={tones[request.state]} label={t(`states.${request.state}`)} />;
}
