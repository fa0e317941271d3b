import type { AuditEventModel } from '../kernel/database/index.js';
import type { AuditRuleFilter, CreateAuditRule } from './audit-rules.dto.js';

type Row = Pick<AuditEventModel, 'actor' | 'action' | 'resource' | 'outcome' | 'source' | 'tenant' | 'tenantId'>;

/** Whether a row is one that the filter means; what it does not name is all the same to it. */
export function isMatch(filter: AuditRuleFilter, row: Row): boolean {
  const { actor, actions, resource, outcome, source, tenant } = filter;
  return (
    (actor === undefined || row.actor === actor) &&
    (actions === undefined || actions.some((action) => isAction(action, row.action))) &&
    (resource === undefined || row.resource === resource || row.resource.startsWith(`${resource}/`)) &&
    (outcome === undefined || row.outcome === outcome) &&
    (source === undefined || row.source === source) &&
    (tenant === undefined ||
      (tenant === '-' ? row.tenantId === null : row.tenant === tenant || row.tenantId === tenant))
  );
}

/** `project.*` is all of a kind. */
const isAction = (wanted: string, action: string): boolean =>
  wanted.endsWith('*') ? action.startsWith(wanted.slice(0, -1)) : wanted === action;

/** What rows are counted together by. */
export const groupOf = (groupBy: string | null, row: Row): string => {
  switch (groupBy) {
    case 'actor':
      return row.actor;
    case 'source':
      return row.source ?? '';
    case 'resource':
      return row.resource;
    default:
      return '';
  }
};

type Preset = Required<Pick<CreateAuditRule, 'severity' | 'filter' | 'quietSeconds'>> &
  Pick<CreateAuditRule, 'threshold' | 'windowSeconds' | 'groupBy'> & {
    readonly name: string;
    readonly description: string;
    /** Where the rows that it is about are. */
    readonly of: 'all' | 'platform';
  };

/** Rules that most want. */
export const auditRulePresets: readonly Preset[] = [
  {
    name: 'break-glass',
    description: 'Somebody took a right without waiting for its approval.',
    of: 'all',
    severity: 'critical',
    filter: { actions: ['request.break-glass'] },
    quietSeconds: 0,
  },
  {
    name: 'secret-revealed',
    description: 'Somebody read the value of a secret.',
    of: 'all',
    severity: 'warning',
    filter: { actions: ['secret.reveal', 'secret.read'], outcome: 'success' },
    groupBy: 'actor',
    quietSeconds: 300,
  },
  {
    name: 'repeated-denials',
    description: 'The same user was refused ten times within five minutes.',
    of: 'all',
    severity: 'warning',
    filter: { outcome: 'denied' },
    threshold: 10,
    windowSeconds: 300,
    groupBy: 'actor',
    quietSeconds: 900,
  },
  {
    name: 'platform-role-given',
    description: 'Somebody was given a role on the platform.',
    of: 'platform',
    severity: 'critical',
    filter: { actions: ['member.create', 'member.update'], tenant: '-', resource: 'platform-members' },
    quietSeconds: 0,
  },
  {
    name: 'chain-broken',
    description: 'Rows of the audit log are not as they were sealed.',
    of: 'platform',
    severity: 'critical',
    filter: { actions: ['audit-chain.break'] },
    quietSeconds: 3600,
  },
  {
    name: 'export-failing',
    description: 'An export of the audit log failed.',
    of: 'all',
    severity: 'warning',
    filter: { actions: ['audit-export.fail', 'audit-stream.fail', 'audit-webhook.fail'] },
    groupBy: 'resource',
    quietSeconds: 3600,
  },
];
