'use client';
import { useTranslations } from 'next-intl';
import type { ApprovalPolicy } from '@/lib/contract';

type Condition = ApprovalPolicy['conditions'][number];

/** What a policy says, in plain words: "Quota where cpu is at most 4: granted at once." */
export function PolicySentence({ policy }: { policy: ApprovalPolicy }) {
  const t = useTranslations('approvalPolicies');
  const list = (items: readonly string[]) => items.join(t('and'));
  const words = (condition: Condition) =>
    list([
      ...(condition.equals === undefined ? [] : [t('is', { path: condition.path, value: String(condition.equals) })]),
      ...(condition.oneOf ? [t('oneOf', { path: condition.path, value: condition.oneOf.join(', ') })] : []),
      ...(condition.atMost === undefined ? [] : [t('atMost', { path: condition.path, value: condition.atMost })]),
      ...(condition.atLeast === undefined ? [] : [t('atLeast', { path: condition.path, value: condition.atLeast })]),
    ]);
  const { permission, roles, groups, users, scope } = policy.approvers;
  const who = [
    ...(permission ? [t('withPermission', { permission })] : []),
    ...(roles.length > 0 ? [t('withRole', { roles: roles.join(', ') })] : []),
    ...(groups.length > 0 ? [t('ofGroup', { groups: groups.join(', ') })] : []),
    ...users,
  ].join(t('or'));
  const what = [
    t(`kinds.${policy.kind}`),
    ...(policy.conditions.length > 0 ? [t('where', { conditions: list(policy.conditions.map(words)) })] : []),
    ...(policy.environmentKinds.length > 0
      ? [t('in', { kinds: policy.environmentKinds.map((kind) => t(`environmentKinds.${kind}`)).join(', ') })]
      : []),
  ].join(t('space'));
  const then =
    policy.approvalsNeeded === 0
      ? t('atOnce')
      : t('approvedBy', { count: policy.approvalsNeeded, who, scope: t(`scopes.${scope ?? 'platform'}`) });
  const hours = policy.maxGrantSeconds === null ? undefined : Math.round(policy.maxGrantSeconds / 360) / 10;
  return <>{[t('sentence', { what, then }), hours === undefined ? '' : t('longest', { hours })].join(t('space'))}</>;
}
