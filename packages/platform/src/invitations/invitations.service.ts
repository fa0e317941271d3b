import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import { permissionsOfRole, permissionsOfRoleOnProject, type Role } from '../kernel/access/permissions.js';
import { isAllowed } from '../kernel/access/policy.js';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, type Prisma, type Transaction } from '../kernel/database/index.js';
import { fail as refuse } from '../kernel/errors/kernel.errors.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { createToken, hashToken, isId, isWellFormedToken, newId } from '../kernel/ids/ids.js';
import { Mail, toMailLocale } from '../kernel/mail/mail.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import { requireChangeable } from '../kernel/tenancy/tenant-state.js';
import {
  type CreateInvitation,
  type InvitationAnswer,
  type InvitationPreview,
  type InvitationRow,
  type SentInvitation,
  toInvitationAnswer,
  toPreview,
} from './invitations.dto.js';
import { fail } from './invitations.errors.js';
import { stateOf, tokenPrefix, toLink, toMailText } from './invitations.rules.js';

const dayMilliseconds = 86_400_000;
const withProject = { project: { select: { name: true } } } as const;
const withPlace = { ...withProject, tenant: { select: { name: true, displayName: true, state: true } } } as const;

/** Asks people by mail to join. The link is good once, for a time, for whoever is signed in and has it. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly mail: Mail,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'portalUrl'>,
  ) {}

  async list({ tenant }: TenantCaller, query: PageQuery): Promise<Page<InvitationAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.InvitationWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const rows = await this.database.read.invitation.findMany({
      where: { AND: [where], tenantId: tenant.id, email: query.q ? { contains: query.q.toLowerCase() } : undefined },
      orderBy,
      take,
      include: withProject,
    });
    const now = this.clock.now();
    return toPage(
      rows,
      query.limit,
      (row) => [row.createdAt, row.id],
      (row) => toInvitationAnswer(row, now),
    );
  }

  async create(caller: TenantCaller, body: CreateInvitation): Promise<SentInvitation> {
    const { tenant } = caller;
    return this.database.transaction(async (tx) => {
      const project = await findProject(tx, tenant.id, body.project);
      requireHeld(caller, body.role, project?.id);
      const token = createToken(tokenPrefix);
      const { email, role, message } = body;
      const row = await tx.invitation.create({
        data: {
          id: newId(),
          tenantId: tenant.id,
          projectId: project?.id,
          email,
          role,
          message,
          tokenHash: hashToken(token),
          invitedBy: caller.actor.username,
          sentAt: this.clock.now(),
          expiresAt: this.after(body.expiresInDays),
        },
        include: withProject,
      });
      await this.send(tx, caller, row, token, body.expiresInDays, body.locale);
      await this.note(tx, caller, row, 'create');
      return { ...toInvitationAnswer(row, this.clock.now()), link: toLink(this.config.portalUrl, token) };
    });
  }

  /** With a new link for seven days; the one before is worth nothing from then on. */
  async resend(caller: TenantCaller, invitation: string): Promise<SentInvitation> {
    return this.database.transaction(async (tx) => {
      const before = await this.load(tx, caller, invitation);
      requireHeld(caller, before.role as Role, before.projectId ?? undefined);
      const token = createToken(tokenPrefix);
      const times = { sentAt: this.clock.now(), expiresAt: this.after(7) };
      const data = { tokenHash: hashToken(token), ...times, version: { increment: 1 } };
      const row = await tx.invitation.update({ where: { id: before.id }, data, include: withProject });
      await this.send(tx, caller, row, token, 7);
      await this.note(tx, caller, row, 'resend');
      return { ...toInvitationAnswer(row, this.clock.now()), link: toLink(this.config.portalUrl, token) };
    });
  }

  async revoke(caller: TenantCaller, invitation: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const row = await this.load(tx, caller, invitation);
      const data = { revokedAt: this.clock.now(), version: { increment: 1 } };
      await tx.invitation.update({ where: { id: row.id }, data });
      await this.note(tx, caller, row, 'revoke');
    });
  }

  async preview(token: string): Promise<InvitationPreview> {
    return toPreview(await this.findOpen(this.database.read, token));
  }

  /** Who has a lasting role there already keeps it, and the link is used up all the same. */
  async accept(caller: Caller, token: string): Promise<InvitationPreview> {
    const { actor } = caller;
    if (actor.kind !== 'user') throw refuse('forbidden', 'Only people accept invitations.');
    return this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM invitations WHERE "tokenHash" = ${hashToken(token)} FOR UPDATE`;
      const row = await this.findOpen(tx, token);
      requireChangeable(row.tenant);
      const { tenantId, projectId, role } = row;
      await tx.$queryRaw`SELECT 1 FROM tenants WHERE id = ${tenantId}::uuid FOR NO KEY UPDATE`;
      const place = { tenantId, projectId, userId: actor.id };
      if ((await tx.roleBinding.count({ where: { ...place, expiresAt: null } })) === 0)
        await tx.roleBinding.create({ data: { id: newId(), ...place, role, createdBy: row.invitedBy } });
      const data = { acceptedAt: this.clock.now(), acceptedBy: actor.username, version: { increment: 1 } };
      await tx.invitation.update({ where: { id: row.id }, data });
      const tenant = { id: tenantId, name: row.tenant.name };
      await this.audit.record(tx, caller, {
        action: 'invitation.accept',
        resource: `tenants/${tenant.name}/invitations/${row.id}`,
        tenant,
        after: { email: row.email, role, project: row.project?.name ?? null },
      });
      await noteAccessChange(tx, { userId: actor.id });
      return toPreview(row);
    });
  }

  private async findOpen(reader: Pick<Transaction, 'invitation'>, token: string) {
    const row = isWellFormedToken(token, tokenPrefix)
      ? await reader.invitation.findUnique({ where: { tokenHash: hashToken(token) }, include: withPlace })
      : null;
    if (!row || stateOf(row, this.clock.now()) !== 'open') throw fail('invitation-invalid');
    return row;
  }

  private async load(tx: Transaction, { tenant }: TenantCaller, id: string): Promise<InvitationRow> {
    const where = { id: isId(id) ? id : newId(), tenantId: tenant.id };
    const row = await tx.invitation.findFirst({ where, include: withProject });
    if (!row) throw fail('invitation-not-found');
    if (row.acceptedAt || row.revokedAt) throw fail('invitation-over');
    return row;
  }

  private after(days: number): Date {
    return new Date(this.clock.now().getTime() + days * dayMilliseconds);
  }

  private async send(
    tx: Transaction,
    { actor, tenant }: TenantCaller,
    row: InvitationRow,
    token: string,
    days: number,
    chosen?: 'en' | 'zh',
  ): Promise<void> {
    const locale = await findLocale(tx, row.email, actor.id, chosen);
    const place = row.project ? `${tenant.name}/${row.project.name}` : tenant.name;
    const { invitedBy, role, message } = row;
    const { subject, paragraphs, label } = toMailText(locale, { invitedBy, place, role, message, days });
    const action = { label, url: toLink(this.config.portalUrl, token) };
    await this.mail.enqueue(tx, { to: row.email, locale, subject, paragraphs, action });
  }

  private async note(tx: Transaction, caller: TenantCaller, row: InvitationRow, verb: string): Promise<void> {
    const { tenant } = caller;
    await this.audit.record(tx, caller, {
      action: `invitation.${verb}`,
      resource: `tenants/${tenant.name}/invitations/${row.id}`,
      tenant,
      after: { email: row.email, role: row.role, project: row.project?.name ?? null },
    });
  }
}

/** The receiver's own language; of who is no user, or has set none, what the inviter chose, or else the inviter's. */
async function findLocale(
  tx: Transaction,
  email: string,
  inviterId: string | null,
  chosen: 'en' | 'zh' | undefined,
): Promise<'en' | 'zh'> {
  const where = { OR: [{ email: { equals: email, mode: 'insensitive' as const } }, { id: inviterId ?? newId() }] };
  const rows = await tx.user.findMany({ where, select: { id: true, email: true, locale: true } });
  const receiver = rows.find((row) => row.email?.toLowerCase() === email && row.locale !== null);
  const inviter = rows.find((row) => row.id === inviterId);
  return toMailLocale(receiver?.locale ?? chosen ?? inviter?.locale ?? null);
}

async function findProject(tx: Transaction, tenantId: string, project: string | undefined) {
  if (project === undefined) return undefined;
  const row = await tx.project.findFirst({
    where: { tenantId, ...(isId(project) ? { id: project } : { name: project }) },
  });
  if (!row) throw refuse('not-found', 'The tenant has no such project.');
  return row;
}

/** Whoever invites to a role must hold all of it there himself. */
function requireHeld({ actor, tenant }: TenantCaller, role: Role, projectId: string | undefined): void {
  const wanted = projectId === undefined ? permissionsOfRole[role] : permissionsOfRoleOnProject[role];
  for (const permission of wanted)
    if (!isAllowed(actor, tenant, permission, projectId)) throw fail('invitation-role-too-high');
}
