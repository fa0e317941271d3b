import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Crypto } from '../kernel/crypto/crypto.js';
import { type AuditRuleModel, Database, type Prisma, type Reader, type Transaction } from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import { Outgoing } from '../kernel/http/outgoing.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import type { Caller, TenantScope } from '../kernel/tenancy/caller.js';
import { fail } from './audit.errors.js';
import { AuditService } from './audit.service.js';
import {
  type AuditAlertAnswer,
  type AuditAlertQuery,
  type AuditRuleAnswer,
  type CreateAuditRule,
  toAuditAlertAnswer,
  toAuditRuleAnswer,
  type UpdateAuditRule,
} from './audit-rules.dto.js';
import { auditRulePresets } from './audit-rules.rules.js';
import { webhookContext } from './sealed-webhooks.store.js';

type Owner = Pick<TenantScope, 'id' | 'name'> | undefined;

const mostRules = 100;
/** Held while a rule is made: names are unique, and the platform's have no tenant that an index could tell apart. */
const lockName = 'slipway_audit_rules';

/** Rules and what they have found. */
@Injectable()
export class AuditRules {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly crypto: Crypto,
    private readonly outgoing: Outgoing,
  ) {}

  async list(query: PageQuery, owner: Owner): Promise<Page<AuditRuleAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.AuditRuleWhereInput>(query, 'name');
    const name = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.auditRule.findMany({
      where: { AND: [where], tenantId: owner?.id ?? null, name },
      orderBy,
      take,
    });
    return toPage(
      rows,
      query.limit,
      (row) => [row.name, row.id],
      (row) => toAuditRuleAnswer(row),
    );
  }

  async get(nameOrId: string, owner: Owner): Promise<AuditRuleAnswer> {
    return toAuditRuleAnswer(await find(this.database.read, nameOrId, owner));
  }

  async create(caller: Caller, body: CreateAuditRule, owner: Owner): Promise<AuditRuleAnswer> {
    const preset = auditRulePresets.find(({ name, of }) => name === body.preset && (of === 'all' || !owner));
    if (body.preset !== undefined && !preset) throw fail('audit-rule-preset-unknown');
    const { name, preset: _, ...given } = body;
    const settings = { ...preset, ...given, name };
    const { filter = {}, channels = ['bell', 'mail'], webhookUrl = null } = settings;
    await this.requireSound({ filter, channels, webhookUrl }, owner);
    const id = newId();
    const secret = webhookUrl === null ? null : newSecret();
    return this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext(${lockName}))::text`;
      const tenantId = owner?.id ?? null;
      if (await tx.auditRule.findFirst({ where: { tenantId, name } })) throw fail('audit-rule-name-taken');
      if ((await tx.auditRule.count({ where: { tenantId } })) >= mostRules) throw fail('audit-rules-too-many');
      const sealer = await tx.auditFollower.findUnique({ where: { name: 'sealer' } });
      const row = await tx.auditRule.create({
        data: {
          id,
          tenantId,
          tenant: owner?.name,
          name,
          description: settings.description,
          filter,
          threshold: settings.threshold,
          windowSeconds: settings.windowSeconds ?? 300,
          groupBy: settings.groupBy,
          severity: settings.severity ?? 'warning',
          channels,
          webhookUrl,
          webhookSecret: secret === null ? null : this.crypto.seal(secret, webhookContext(id)),
          quietSeconds: settings.quietSeconds,
          isEnabled: settings.isEnabled,
          sincePosition: sealer?.position,
          createdBy: caller.actor.username,
        },
      });
      await this.record(tx, caller, owner, 'create', row, { after: body });
      return toAuditRuleAnswer(row, secret);
    });
  }

  async update(caller: Caller, nameOrId: string, body: UpdateAuditRule, owner: Owner): Promise<AuditRuleAnswer> {
    const now = toAuditRuleAnswer(await find(this.database.read, nameOrId, owner));
    await this.requireSound({ ...now, ...withoutUndefined(body) }, owner);
    return this.database.transaction(async (tx) => {
      const row = await find(tx, nameOrId, owner);
      requireVersion(caller, row);
      // Another receiver gets another secret.
      const isNew = typeof body.webhookUrl === 'string' && body.webhookUrl !== row.webhookUrl;
      const secret = isNew ? newSecret() : null;
      const webhookSecret = secret === null ? undefined : this.crypto.seal(secret, webhookContext(row.id));
      const data = { ...body, webhookSecret: body.webhookUrl === null ? null : webhookSecret };
      const changed = await tx.auditRule.update({
        where: { id: row.id },
        data: { ...data, version: { increment: 1 } },
      });
      await this.record(tx, caller, owner, 'update', row, { before: toAuditRuleAnswer(row), after: body });
      return toAuditRuleAnswer(changed, secret);
    });
  }

  async delete(caller: Caller, nameOrId: string, owner: Owner): Promise<void> {
    await this.database.transaction(async (tx) => {
      const row = await find(tx, nameOrId, owner);
      requireVersion(caller, row);
      await tx.auditRule.delete({ where: { id: row.id } });
      await this.record(tx, caller, owner, 'delete', row, { before: toAuditRuleAnswer(row) });
    });
  }

  /** Newest first. */
  async listAlerts(query: AuditAlertQuery, owner: Owner): Promise<Page<AuditAlertAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.AuditAlertWhereInput>(query, 'at', {
      direction: 'desc',
      type: 'date',
    });
    const rule = query.q ? { name: { contains: query.q } } : undefined;
    const rows = await this.database.read.auditAlert.findMany({
      where: { AND: [where], tenantId: owner?.id ?? null, severity: query.severity, rule },
      include: { rule: { select: { name: true } } },
      orderBy,
      take,
    });
    return toPage(rows, query.limit, (row) => [row.at, row.id], toAuditAlertAnswer);
  }

  private async requireSound(
    rule: Pick<AuditRuleAnswer, 'channels' | 'webhookUrl' | 'filter'>,
    owner: Owner,
  ): Promise<void> {
    if (rule.channels.includes('webhook') && rule.webhookUrl === null) throw fail('audit-rule-webhook-missing');
    if (owner && rule.filter.tenant !== undefined) throw fail('audit-rule-tenant-fixed');
    if (rule.webhookUrl !== null) await this.outgoing.refuseForbidden(rule.webhookUrl);
  }

  private async record(
    tx: Transaction,
    caller: Caller,
    tenant: Owner,
    verb: 'create' | 'update' | 'delete',
    { name }: AuditRuleModel,
    change: { before?: object; after?: object },
  ): Promise<void> {
    const resource = `${tenant ? `tenants/${tenant.name}/` : ''}audit-rules/${name}`;
    await this.audit.record(tx, caller, { action: `audit-rule.${verb}`, resource, tenant, ...change });
  }
}

async function find(reader: Reader, nameOrId: string, owner: Owner): Promise<AuditRuleModel> {
  const key = isId(nameOrId) ? { id: nameOrId } : { name: nameOrId };
  const row = await reader.auditRule.findFirst({ where: { ...key, tenantId: owner?.id ?? null } });
  if (!row) throw fail('audit-rule-not-found');
  return row;
}

/** In the form of Standard Webhooks. */
const newSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`;

const withoutUndefined = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
