import { Injectable } from '@nestjs/common';
import { permissionsOfGrant } from '../kernel/access/grants.js';
import { type AuditEventModel, type AuditRuleModel, Database, type Transaction } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import { NotificationsService } from '../notifications/notifications.service.js';
import { sendAlert } from './audit-alerts.job-definitions.js';
import { type AuditRuleFilter, auditRuleFilter } from './audit-rules.dto.js';
import { groupOf, isMatch } from './audit-rules.rules.js';

const batch = 500;
const followerName = 'rules';
const mostTold = 500;

type Rule = AuditRuleModel & { readonly parsed: AuditRuleFilter };

/**
 * Asks every rule about every sealed row exactly once: what comes of a row commits with the place that the runner has come to, under
 * the lock of that place. Times are those of the rows, so that it is all the same when it is asked.
 */
@Injectable()
export class AuditRuleRunner {
  constructor(
    private readonly database: Database,
    private readonly notifications: NotificationsService,
    private readonly outbox: Outbox,
  ) {}

  /** Gives the number of rows judged; another process that is at it makes it 0. */
  async run(): Promise<number> {
    await this.database.read.auditFollower.createMany({ data: { name: followerName }, skipDuplicates: true });
    let judged = 0;
    for (;;) {
      const count = await this.database.transaction((tx) => this.judgeBatch(tx));
      judged += count;
      if (count < batch) return judged;
    }
  }

  private async judgeBatch(tx: Transaction): Promise<number> {
    const [place] = await tx.$queryRaw<{ position: bigint }[]>`
      SELECT position FROM audit_followers WHERE name = ${followerName} FOR UPDATE SKIP LOCKED`;
    if (!place) return 0;
    const rows = await tx.auditEvent.findMany({
      where: { position: { gt: place.position } },
      orderBy: { position: 'asc' },
      take: batch,
    });
    const last = rows.at(-1)?.position;
    if (last === undefined || last === null) return 0;
    const rules = (await tx.auditRule.findMany({ where: { isEnabled: true } })).map((rule) => ({
      ...rule,
      parsed: auditRuleFilter.parse(rule.filter),
    }));
    for (const row of rows) for (const rule of rules) if (isFor(rule, row)) await this.count(tx, rule, row);
    await tx.auditFollower.update({ where: { name: followerName }, data: { position: last } });
    return rows.length;
  }

  private async count(tx: Transaction, rule: Rule, row: AuditEventModel): Promise<void> {
    const group = groupOf(rule.groupBy, row);
    const position = row.position ?? 0n;
    if (rule.threshold === 1) return this.raise(tx, rule, row, group, 1);
    await tx.auditMatch.create({ data: { ruleId: rule.id, group, position, at: row.at } });
    const since = new Date(row.at.getTime() - rule.windowSeconds * 1000);
    await tx.auditMatch.deleteMany({ where: { ruleId: rule.id, group, at: { lt: since } } });
    const count = await tx.auditMatch.count({ where: { ruleId: rule.id, group } });
    if (count < rule.threshold) return;
    await tx.auditMatch.deleteMany({ where: { ruleId: rule.id, group } });
    await this.raise(tx, rule, row, group, count);
  }

  /** An alert, or within the quiet time of the one before, one more for that. */
  private async raise(tx: Transaction, rule: Rule, row: AuditEventModel, group: string, count: number): Promise<void> {
    const quiet = new Date(row.at.getTime() - rule.quietSeconds * 1000);
    const before = await tx.auditAlert.findFirst({ where: { ruleId: rule.id, group, at: { gt: quiet } } });
    if (before && rule.quietSeconds > 0) {
      await tx.auditAlert.update({ where: { id: before.id }, data: { count: { increment: count }, lastAt: row.at } });
      return;
    }
    const { actor, action, resource, outcome, tenant, source } = row;
    const event = { id: row.id, at: row.at.toISOString(), actor, action, resource, outcome, tenant, source };
    const { id: ruleId, tenantId, severity, channels } = rule;
    const webhook = channels.includes('webhook') ? 'pending' : 'none';
    const times = { at: row.at, lastAt: row.at };
    const id = newId();
    const position = row.position ?? 0n;
    await tx.auditAlert.create({
      data: { id, ruleId, tenantId, severity, group, event, position, count, webhook, ...times },
    });
    if (webhook === 'pending') await this.outbox.enqueue(tx, sendAlert, { id });
    const told = (['bell', 'mail'] as const).filter((channel) => channels.includes(channel));
    if (told.length === 0) return;
    await this.notifications.tell(tx, await listReceivers(tx, tenantId), {
      type: 'audit-alert',
      key: `audit-alert/${id}`,
      link: rule.tenant ? `/t/${rule.tenant}/audit/alerts` : '/admin/audit/alerts',
      data: { title: rule.name, requester: actor, kind: severity, tenant, reason: `${action} ${resource}` },
      channels: told,
    });
  }
}

const isFor = (rule: Rule, row: AuditEventModel): boolean =>
  (row.position ?? 0n) > rule.sincePosition &&
  (rule.tenantId === null || rule.tenantId === row.tenantId) &&
  isMatch(rule.parsed, row);

/** Who may read the rules: of the platform its administrators and auditors, of a tenant who has the right in all of it. */
async function listReceivers(tx: Transaction, tenantId: string | null): Promise<string[]> {
  const needed = tenantId === null ? 'audit:read-all' : 'audit-rules:read';
  const bindings = await tx.roleBinding.findMany({
    where: { tenantId, projectId: null },
    include: { customRole: { select: { permissions: true } } },
  });
  const holding = bindings.filter(({ role, customRole }) =>
    permissionsOfGrant({ tenantId, projectId: null, role, custom: customRole?.permissions ?? null }).has(needed),
  );
  const users = await tx.user.findMany({
    where: {
      disabledAt: null,
      OR: [
        { id: { in: holding.flatMap(({ userId }) => userId ?? []) } },
        { groups: { some: { groupId: { in: holding.flatMap(({ groupId }) => groupId ?? []) } } } },
      ],
    },
    select: { id: true },
    take: mostTold,
  });
  return users.map(({ id }) => id);
}
