export const requestKinds = ['tenant', 'quota', 'access', 'release', 'exec', 'secret-reveal', 'pod-security'] as const;
export type RequestKind = (typeof requestKinds)[number];
export type RequestState = 'pending' | 'approved' | 'rejected' | 'withdrawn' | 'expired' | 'ended';
export type DecisionVerb = 'approve' | 'break-glass' | 'reject' | 'withdraw' | 'comment' | 'expire' | 'end' | 'review';

export const isRequestKind = (text: string): text is RequestKind => requestKinds.some((kind) => kind === text);

/** A vote: who gave it, and by whose right. */
export interface Vote {
  readonly actorId: string;
  /** The one who delegated; the voter himself otherwise. */
  readonly principalId: string;
}

/** What the decision about a request depends on. */
export interface RequestFacts {
  readonly state: RequestState;
  readonly requesterId: string | null;
  readonly approvalsNeeded: number;
  readonly approvals: readonly Vote[];
  readonly expiresAt: Date;
  readonly endsAt: Date | null;
  readonly review: string | null;
}

/** Somebody who wants to decide. `principals`: by whose rights he could, himself first where he is an approver. */
export interface Decider {
  readonly actorId: string;
  readonly principals: readonly string[];
}

export type Refusal =
  | 'request-over'
  | 'request-own'
  | 'request-not-yours'
  | 'request-decided-by-you'
  | 'request-not-in-force'
  | 'request-review-not-due';

export type Outcome =
  | { readonly refusal: Refusal }
  | {
      readonly refusal?: undefined;
      readonly state: RequestState;
      /** What the handler must do in the same transaction. */
      readonly effect: 'grant' | 'end' | 'none';
      /** By whose right it was decided. */
      readonly principalId: string | null;
    };

const refuse = (refusal: Refusal): Outcome => ({ refusal });

export const isOpen = (request: Pick<RequestFacts, 'state' | 'expiresAt'>, now: Date): boolean =>
  request.state === 'pending' && now < request.expiresAt;

/**
 * One approval. Each person counts once, and each right counts once: who stands for somebody who has approved himself adds
 * nothing, and nobody can be two of the quorum.
 */
export function approve(request: RequestFacts, decider: Decider, now: Date): Outcome {
  if (!isOpen(request, now)) return refuse('request-over');
  const right = findRight(request, decider);
  if (right.refusal) return right;
  const state = request.approvals.length + 1 >= request.approvalsNeeded ? 'approved' : 'pending';
  return { state, effect: state === 'approved' ? 'grant' : 'none', principalId: right.principalId };
}

/** One rejection ends the request, also one that others have approved. */
export function reject(request: RequestFacts, decider: Decider, now: Date): Outcome {
  if (!isOpen(request, now)) return refuse('request-over');
  const right = findRight({ ...request, approvals: [] }, decider);
  return right.refusal ? right : { state: 'rejected', effect: 'none', principalId: right.principalId };
}

/** By whoever asked. */
export function withdraw(request: RequestFacts, actorId: string, now: Date): Outcome {
  if (request.requesterId !== actorId) return refuse('request-not-yours');
  if (!isOpen(request, now)) return refuse('request-over');
  return { state: 'withdrawn', effect: 'none', principalId: null };
}

/** A grant is taken back by an approver, or given back by whoever asked. */
export function end(request: RequestFacts, decider: Decider): Outcome {
  if (request.state !== 'approved') return refuse('request-not-in-force');
  if (request.requesterId === decider.actorId) return { state: 'ended', effect: 'end', principalId: null };
  const right = findRight({ ...request, approvals: [] }, decider);
  return right.refusal ? right : { state: 'ended', effect: 'end', principalId: right.principalId };
}

/** The verdict over a break-glass, by an approver who is not the one who broke it. */
export function review(request: RequestFacts, decider: Decider): Outcome {
  if (request.review !== 'due') return refuse('request-review-not-due');
  const right = findRight({ ...request, approvals: [] }, decider);
  return right.refusal ? right : { state: request.state, effect: 'none', principalId: right.principalId };
}

/** What time alone does: nothing, the end of the waiting, or the end of the grant. */
export function pass(request: RequestFacts, now: Date): 'expire' | 'end' | undefined {
  if (request.state === 'pending' && now >= request.expiresAt) return 'expire';
  if (request.state === 'approved' && request.endsAt !== null && now >= request.endsAt) return 'end';
  return undefined;
}

function findRight(
  request: RequestFacts,
  { actorId, principals }: Decider,
): { refusal: Refusal } | { refusal?: undefined; principalId: string } {
  if (request.requesterId === actorId) return { refusal: 'request-own' };
  const others = principals.filter((id) => id !== request.requesterId);
  if (others.length === 0) return { refusal: principals.length > 0 ? 'request-own' : 'request-not-yours' };
  if (request.approvals.some((vote) => vote.actorId === actorId)) return { refusal: 'request-decided-by-you' };
  const fresh = others.find((id) => !request.approvals.some((vote) => vote.principalId === id || vote.actorId === id));
  return fresh === undefined ? { refusal: 'request-decided-by-you' } : { principalId: fresh };
}
