import type { Rollout } from './rollouts.rules.js';

type Step = Rollout['steps'][number];

/** What a rollout waits for before it begins. */
export interface Approval {
  /** The request's id. */
  readonly request: string;
  readonly state: 'pending' | 'approved' | 'rejected' | 'withdrawn' | 'expired';
  /** Who decided. */
  readonly by: string | null;
  readonly askedAt: string;
  readonly decidedAt: string | null;
}

export const approvalStep = 'approval';

export const waitsForApproval = (approval: Approval | null): boolean => approval?.state === 'pending';

export function decideApproval(approval: Approval, state: Approval['state'], by: string, now: Date): Approval {
  return { ...approval, state, by, decidedAt: now.toISOString() };
}

/** The approval as the step before all others; `url` leads to the request. */
export function toApprovalStep({ state, by, askedAt, decidedAt }: Approval, url: string): Step {
  const times = { name: approvalStep, startedAt: askedAt, finishedAt: decidedAt };
  switch (state) {
    case 'pending':
      return { ...times, state: 'running', message: `Waits for an approval: ${url}` };
    case 'approved':
      return { ...times, state: 'succeeded', message: `Approved by ${by}.` };
    default:
      return { ...times, state: 'failed', message: explainRefusal(state, by) };
  }
}

/** Why a rollout that was not approved ends. */
export function explainRefusal(state: 'rejected' | 'withdrawn' | 'expired', by: string | null): string {
  return state === 'expired' ? 'Not approved in time.' : `Not approved: ${state} by ${by}.`;
}
