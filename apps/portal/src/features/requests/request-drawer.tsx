'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import * as z from 'zod/mini';
import type { ApprovalRequest } from '@/lib/contract';
import { toRollout } from '@/lib/paths';
import { useAnnounce } from '@/ui/announcer';
import { CopyButton } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { DiffView } from '@/ui/diff-view';
import { ErrorBox } from '@/ui/error-box';
import { Field } from '@/ui/field';
import { Input } from '@/ui/input';
import { Facts } from '@/ui/page';
import { Time } from '@/ui/time';
import { commentRequest, decideRequest, requestQuery, reviewRequest } from './queries';
import { RequestBadge } from './request-badge';

const releaseSchema = z.object({
  tenant: z.string(),
  project: z.string(),
  application: z.string(),
  environment: z.string(),
  release: z.number(),
  rollout: z.string(),
});

type Act = 'approve' | 'reject' | 'withdraw' | 'end' | 'comment' | 'justified' | 'unjustified';

/** A request whole: what would change, what was said, and what I may do about it. */
export function RequestDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useTranslations('requests');
  const request = useQuery({ ...requestQuery(id), enabled: id !== '' });
  return (
    <Dialog as="drawer" open={id !== ''} title={request.data?.title ?? t('request')} onClose={onClose}>
      {request.error ? <ErrorBox error={request.error} /> : null}
      {request.data && <RequestDetail request={request.data} />}
    </Dialog>
  );
}

function RequestDetail({ request }: { request: ApprovalRequest }) {
  const t = useTranslations('requests');
  const { approvals, approvalsNeeded } = request;
  return (
    <div className="stack">
      <Facts
        items={[
          { label: t('state'), value: <RequestBadge request={request} /> },
          { label: t('kind'), value: t(`kinds.${request.kind}`) },
          { label: t('requester'), value: request.requester },
          ...(request.tenant ? [{ label: t('tenant'), value: request.tenant }] : []),
          ...(approvalsNeeded === null
            ? []
            : [{ label: t('approvals'), value: t('approvalsOf', { given: approvals, needed: approvalsNeeded }) }]),
          ...(request.endsAt ? [{ label: t('until'), value: <Time at={request.endsAt} /> }] : []),
          ...(request.state === 'pending' && request.expiresAt
            ? [{ label: t('expires'), value: <Time at={request.expiresAt} /> }]
            : []),
        ]}
      />
      <p className="break">{request.reason}</p>
      <DiffView label={t('changes')} changes={request.changes} />
      <RolloutLink request={request} />
      {request.isBreakGlass && <p className="muted">{t('breakGlass')}</p>}
      <RequestHistory request={request} />
      <RequestActions request={request} />
      <p className="muted">
        <code className="break">{request.url}</code> <CopyButton text={request.url} label={t('copyLink')} />
      </p>
    </div>
  );
}

/** Where the rollout stands that waits for this. */
function RolloutLink({ request }: { request: ApprovalRequest }) {
  const t = useTranslations('requests');
  const place = releaseSchema.safeParse(request.payload).data;
  if (request.kind !== 'release' || !place) return null;
  const { rollout, release, ...ref } = place;
  return (
    <p>
      <Link href={toRollout(ref, rollout)}>{t('toRollout', { release, environment: ref.environment })}</Link>
    </p>
  );
}

function RequestHistory({ request }: { request: ApprovalRequest }) {
  const t = useTranslations('requests');
  if (request.decisions.length === 0) return <p className="muted">{t('noDecisions')}</p>;
  return (
    <ul className="rows" aria-label={t('history')}>
      {request.decisions.map((decision) => (
        <li key={decision.id} className="audit-row">
          <span className="audit-what">
            <strong>{decision.actor}</strong> {t(`verbs.${decision.verb}`)}
            {decision.onBehalfOf && <span className="muted"> {t('onBehalfOf', { name: decision.onBehalfOf })}</span>}
            {decision.verdict && <span className="muted"> {t(`verdicts.${decision.verdict}`)}</span>}
            {decision.comment && <div className="break">{decision.comment}</div>}
          </span>
          <span className="muted">
            <Time at={decision.createdAt} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What the state and the reader's rights leave to do. */
function actsFor({ state, canDecide, isMine, review }: ApprovalRequest): readonly Act[] {
  return [
    ...(state === 'pending' && canDecide ? (['approve', 'reject'] as const) : []),
    ...(review === 'due' && canDecide ? (['justified', 'unjustified'] as const) : []),
    ...(state === 'approved' && (canDecide || isMine) ? (['end'] as const) : []),
    ...(state === 'pending' && isMine ? (['withdraw'] as const) : []),
    'comment',
  ];
}

function RequestActions({ request }: { request: ApprovalRequest }) {
  const t = useTranslations('requests');
  const announce = useAnnounce();
  const client = useQueryClient();
  const [comment, setComment] = useState('');
  const action = useMutation({
    mutationFn: (act: Act) => {
      if (act === 'comment') return commentRequest(request.id, comment);
      if (act === 'justified' || act === 'unjustified') return reviewRequest(request.id, act, comment);
      return decideRequest(request.id, act, comment);
    },
    onSuccess: (_, act) => {
      setComment('');
      announce(t(`done.${act}`));
      return client.invalidateQueries({ queryKey: ['requests'] });
    },
  });
  const needsComment = (act: Act) => act === 'comment' || act === 'justified' || act === 'unjustified';
  return (
    <div className="form">
      <Field label={t('comment')} help={request.review === 'due' ? t('reviewHelp') : undefined}>
        {({ status: _, ...control }) => (
          <Input {...control} value={comment} maxLength={2000} onChange={(event) => setComment(event.target.value)} />
        )}
      </Field>
      <div className="page-actions">
        {actsFor(request).map((act) => (
          <Button
            key={act}
            type={act === 'approve' || act === 'justified' ? 'primary' : 'default'}
            danger={act === 'reject' || act === 'end' || act === 'unjustified'}
            loading={action.isPending && action.variables === act}
            disabled={action.isPending || (needsComment(act) && comment.trim() === '')}
            onClick={() => action.mutate(act)}
          >
            {t(`acts.${act}`)}
          </Button>
        ))}
      </div>
      {action.error ? <ErrorBox error={action.error} /> : null}
    </div>
  );
}
