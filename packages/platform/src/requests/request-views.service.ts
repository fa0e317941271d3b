import { Inject, Injectable } from '@nestjs/common';
import { Access } from '../kernel/access/access.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, type Prisma } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { isId } from '../kernel/ids/ids.js';
import type { Actor } from '../kernel/tenancy/caller.js';
import { ApproversService } from './approvers.service.js';
import type { RequestWithDecisions } from './request-record.js';
import { type RequestAnswer, type RequestsQuery, toRequestAnswer } from './requests.dto.js';
import { fail } from './requests.errors.js';

const decisions = { decisions: { orderBy: { createdAt: 'asc' } } } as const;

/** Who sees which request: whoever asked, whoever may decide, and whoever may read the requests of the place. */
@Injectable()
export class RequestViews {
  constructor(
    private readonly database: Database,
    private readonly access: Access,
    private readonly approvers: ApproversService,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'portalUrl'>,
  ) {}

  async get(actor: Actor, id: string): Promise<RequestAnswer> {
    const row = await this.find(actor, id);
    const [answer] = row ? await this.answer(actor, [row]) : [];
    if (!answer) throw fail('request-not-found');
    return answer;
  }

  /** Newest first. */
  async list(actor: Actor, query: RequestsQuery): Promise<Page<RequestAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.RequestWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const scope = query.tenant ? await this.access.getTenantScope(actor, query.tenant) : undefined;
    const rows = await this.database.read.request.findMany({
      where: {
        AND: [where, await this.whereOf(actor, query.view)],
        kind: query.kind,
        state: query.state,
        tenantId: scope?.id,
        title: query.q ? { contains: query.q, mode: 'insensitive' } : undefined,
      },
      include: decisions,
      orderBy,
      take,
    });
    const answers = new Map((await this.answer(actor, rows)).map((answer) => [answer.id, answer]));
    const page = toPage(
      rows,
      query.limit,
      (row) => [row.createdAt, row.id],
      ({ id }) => answers.get(id),
    );
    return { ...page, items: page.items.filter((item) => item !== undefined) };
  }

  /** Those of the requests changed since then that the actor may see. */
  async listChanged(
    actor: Actor,
    since: Date,
  ): Promise<{ id: string; kind: string; state: string; updatedAt: Date }[]> {
    return this.database.read.request.findMany({
      where: { AND: [{ updatedAt: { gt: since } }, await this.visibleTo(actor)] },
      select: { id: true, kind: true, state: true, updatedAt: true },
      orderBy: { updatedAt: 'asc' },
      take: 200,
    });
  }

  /** Throws the same 404 for what is not there and for what the actor may not see. */
  async requireVisible(actor: Actor, id: string): Promise<void> {
    if (!(await this.find(actor, id))) throw fail('request-not-found');
  }

  private async find(actor: Actor, id: string): Promise<RequestWithDecisions | null> {
    if (!isId(id)) return null;
    return this.database.read.request.findFirst({
      where: { AND: [{ id }, await this.visibleTo(actor)] },
      include: decisions,
    });
  }

  private async whereOf(actor: Actor, view: RequestsQuery['view']): Promise<Prisma.RequestWhereInput> {
    switch (view) {
      case 'mine':
        return mine(actor);
      case 'to-decide':
        return { AND: [{ state: 'pending' }, await this.approvers.decidableBy(this.database.read, actor)] };
      case 'to-review':
        return { AND: [{ review: 'due' }, await this.approvers.decidableBy(this.database.read, actor)] };
      case 'all':
        return this.visibleTo(actor);
    }
  }

  private async visibleTo(actor: Actor): Promise<Prisma.RequestWhereInput> {
    const insider = await this.readableBy(actor);
    return { OR: [mine(actor), insider, await this.approvers.decidableBy(this.database.read, actor)] };
  }

  private async readableBy(actor: Actor): Promise<Prisma.RequestWhereInput> {
    const reach = await this.access.reach(actor, 'requests:read');
    if (reach === 'everywhere') return {};
    return { OR: [{ tenantId: { in: [...reach.tenants] } }, { projectId: { in: [...reach.projects] } }] };
  }

  private async answer(actor: Actor, rows: readonly RequestWithDecisions[]): Promise<RequestAnswer[]> {
    const ids = rows.map(({ id }) => id);
    const [decidable, readable] = await Promise.all([
      this.select(ids, await this.approvers.decidableBy(this.database.read, actor)),
      this.select(ids, await this.readableBy(actor)),
    ]);
    return rows.map((row) => {
      const isOpen = row.state === 'pending' || row.state === 'approved' || row.review === 'due';
      return toRequestAnswer(row, {
        isMine: row.requesterId !== null && row.requesterId === actor.id,
        canDecide: isOpen && decidable.has(row.id),
        isInsider: decidable.has(row.id) || readable.has(row.id),
        portalUrl: this.config.portalUrl,
      });
    });
  }

  private async select(ids: readonly string[], where: Prisma.RequestWhereInput): Promise<ReadonlySet<string>> {
    const found = await this.database.read.request.findMany({
      where: { AND: [{ id: { in: [...ids] } }, where] },
      select: { id: true },
    });
    return new Set(found.map(({ id }) => id));
  }
}

function mine(actor: Actor): Prisma.RequestWhereInput {
  return actor.id === null ? { id: { in: [] } } : { requesterId: actor.id };
}
