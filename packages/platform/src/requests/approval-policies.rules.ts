import { compareQuantities, parseExact } from '@slipway/orchestrator/kinds';

/** Looks at one value of the payload (`limits.cpu`); all that are given must hold. A path that is not there never holds. */
export interface PolicyCondition {
  readonly path: string;
  readonly equals?: string | number | boolean;
  readonly oneOf?: readonly (string | number)[];
  /** Kubernetes quantities and plain numbers are compared as amounts: `4000m` is `4`. */
  readonly atMost?: string | number;
  readonly atLeast?: string | number;
}

/** Who may approve: whoever one of these names. Permission and roles are looked for at `scope`. */
export interface ApproverTerms {
  readonly approverScope: 'platform' | 'tenant' | 'project';
  readonly approverPermission: string | null;
  readonly approverRoles: readonly string[];
  readonly approverGroups: readonly string[];
  readonly approverUsers: readonly string[];
}

export interface PolicyTerms extends ApproverTerms {
  readonly id: string | null;
  /** 0: approves by itself. */
  readonly approvalsNeeded: number;
  readonly expiresAfterSeconds: number;
  readonly maxGrantSeconds: number | null;
}

export interface PolicyRow extends PolicyTerms {
  readonly id: string;
  readonly tenantId: string | null;
  readonly kind: string;
  readonly priority: number;
  readonly conditions: readonly PolicyCondition[];
  readonly environmentKinds: readonly string[];
  readonly createdAt: Date;
}

export interface PolicyQuestion {
  readonly kind: string;
  readonly tenantId: string | null;
  readonly environmentKind: string | null;
  readonly payload: object;
  /** Null: for ever. Conditions see it as `grantSeconds`. */
  readonly grantSeconds: number | null;
}

export const defaultExpirySeconds = 14 * 86_400;

/**
 * The policy that rules a request: the platform's go before the tenant's, then the lowest priority, then the oldest. A tenant has
 * no say in what the platform decides.
 */
export function findPolicy(
  policies: readonly PolicyRow[],
  question: PolicyQuestion,
  decidedBy: 'platform' | 'tenant',
): PolicyRow | undefined {
  return policies
    .filter((policy) => policy.tenantId === null || (decidedBy === 'tenant' && policy.tenantId === question.tenantId))
    .filter((policy) => matches(policy, question))
    .sort(byPrecedence)[0];
}

/** What rules a request that no policy is about: one approval by a holder of `requests:approve`. */
export function defaultTerms(
  decidedBy: 'platform' | 'tenant',
  place: { hasTenant: boolean; hasProject: boolean },
): PolicyTerms {
  const own = place.hasProject ? 'project' : place.hasTenant ? 'tenant' : 'platform';
  return {
    id: null,
    approvalsNeeded: 1,
    approverScope: decidedBy === 'tenant' ? own : 'platform',
    approverPermission: 'requests:approve',
    approverRoles: [],
    approverGroups: [],
    approverUsers: [],
    expiresAfterSeconds: defaultExpirySeconds,
    maxGrantSeconds: null,
  };
}

/** Why a policy cannot be; undefined where it can. */
export function refusePolicy(
  policy: ApproverTerms & Pick<PolicyTerms, 'approvalsNeeded'>,
  owner: 'platform' | 'tenant',
  decidedBy: 'platform' | 'tenant',
): 'approval-policy-not-for-tenants' | 'approval-policy-without-approvers' | undefined {
  if (owner === 'tenant' && decidedBy === 'platform') return 'approval-policy-not-for-tenants';
  const { approverPermission, approverRoles, approverGroups, approverUsers } = policy;
  const isSomebody =
    approverPermission !== null || [approverRoles, approverGroups, approverUsers].some((list) => list.length > 0);
  return policy.approvalsNeeded > 0 && !isSomebody ? 'approval-policy-without-approvers' : undefined;
}

function matches(policy: PolicyRow, question: PolicyQuestion): boolean {
  if (policy.kind !== question.kind) return false;
  const { environmentKinds } = policy;
  if (environmentKinds.length > 0 && !environmentKinds.includes(question.environmentKind ?? '')) return false;
  const facts = { ...question.payload, grantSeconds: question.grantSeconds };
  return policy.conditions.every((condition) => holds(condition, facts));
}

/** Whether a condition holds for a payload. What is no amount is never at most or at least anything. */
export function holds(condition: PolicyCondition, facts: object): boolean {
  const value = valueAt(facts, condition.path);
  if (value === undefined || value === null) return false;
  const { equals, oneOf, atMost, atLeast } = condition;
  return (
    (equals === undefined || isSame(value, equals)) &&
    (oneOf === undefined || oneOf.some((option) => isSame(value, option))) &&
    (atMost === undefined || compare(value, atMost, (order) => order <= 0)) &&
    (atLeast === undefined || compare(value, atLeast, (order) => order >= 0))
  );
}

function valueAt(facts: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined,
      facts,
    );
}

function isSame(value: unknown, wanted: string | number | boolean): boolean {
  return value === wanted || (typeof wanted !== 'boolean' && compare(value, wanted, (order) => order === 0));
}

function compare(value: unknown, wanted: string | number, test: (order: number) => boolean): boolean {
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  const [left, right] = [parseExact(value), parseExact(wanted)];
  return left !== undefined && right !== undefined && test(compareQuantities(left, right));
}

function byPrecedence(a: PolicyRow, b: PolicyRow): number {
  return (
    Number(a.tenantId !== null) - Number(b.tenantId !== null) ||
    a.priority - b.priority ||
    a.createdAt.getTime() - b.createdAt.getTime() ||
    a.id.localeCompare(b.id)
  );
}
