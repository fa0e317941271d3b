import { Inject, Injectable } from '@nestjs/common';
import { Access } from '../kernel/access/access.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, type Prisma } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { isId } from '../kernel/ids/ids.js';
import type { Actor } from '../kernel/tenancy/caller.js';
import { ApproversService, type Decidable } from './approvers.service.js';
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
    const sight = await this.sightOf(actor);
    const row = await this.find(id, sight);
    if (!row) throw fail('request-not-found');
    return this.answer(row, sight);
  }

  /** Newest first. */
  async list(actor: Actor, query: RequestsQuery): Promise<Page<RequestAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.RequestWhereInput>(query, 'createdAt', {
      direction: 'desc',
      type: 'date',
    });
    const scope = query.tenant ? await this.access.getTenantScope(actor, query.tenant) : undefined;
    const sight = await this.sightOf(actor);
    const rows = await this.database.read.request.findMany({
      where: {
        AND: [where, whereOf(sight, query.view)],
        kind: query.kind,
        state: query.state,
        tenantId: scope?.id,
        title: query.q ? { contains: query.q, mode: 'insensitive' } : undefined,
      },
      include: decisions,
      orderBy,
      take,
    });
    return toPage(
      rows,
      query.limit,
      (row) => [row.createdAt, row.id],
      (row) => this.answer(row, sight),
    );
  }

  /** Those of the requests changed since then that the actor may see. */
  async listChanged(
    actor: Actor,
    since: Date,
  ): Promise<{ id: string; kind: string; state: string; updatedAt: Date }[]> {
    return this.database.read.request.findMany({
      where: { AND: [{ updatedAt: { gt: since } }, whereVisible(await this.sightOf(actor))] },
      select: { id: true, kind: true, state: true, updatedAt: true },
      orderBy: { updatedAt: 'asc' },
      take: 200,
    });
  }

  /** Throws the same 404 for what is not there and for what the actor may not see. */
  async requireVisible(actor: Actor, id: string): Promise<void> {
    if (!(await this.find(id, await this.sightOf(actor)))) throw fail('request-not-found');
  }

  private async find(id: string, sight: Sight): Promise<RequestWithDecisions | null> {
    if (!isId(id)) return null;
    return this.database.read.request.findFirst({
      where: { AND: [{ id }, whereVisible(sight)] },
      include: decisions,
    });
  }

  private async sightOf(actor: Actor): Promise<Sight> {
    const [reach, decidable] = await Promise.all([
      this.access.reach(actor, 'requests:read'),
      this.approvers.decidableBy(this.database.read, actor),
    ]);
    if (reach === 'everywhere') return { actor, decidable, tenants: 'all', projects: 'all' };
    return { actor, decidable, tenants: new Set(reach.tenants), projects: new Set(reach.projects) };
  }

  private answer(row: RequestWithDecisions, { actor, decidable, tenants, projects }: Sight): RequestAnswer {
    const isOpen = row.state === 'pending' || row.state === 'approved' || row.review === 'due';
    const isDecidable = decidable.has(row);
    const isReadable =
      tenants === 'all' ||
      projects === 'all' ||
      (row.tenantId !== null && tenants.has(row.tenantId)) ||
      (row.projectId !== null && projects.has(row.projectId));
    return toRequestAnswer(row, {
      isMine: row.requesterId !== null && row.requesterId === actor.id,
      canDecide: isOpen && isDecidable,
      isInsider: isDecidable || isReadable,
      portalUrl: this.config.portalUrl,
    });
  }
}

/** What an actor may see of requests at this moment. */
interface Sight {
  readonly actor: Actor;
  readonly decidable: Decidable;
  readonly tenants: ReadonlySet<string> | 'all';
  readonly projects: ReadonlySet<string> | 'all';
}

function whereOf(sight: Sight, view: RequestsQuery['view']): Prisma.RequestWhereInput {
  switch (view) {
    case 'mine':
      return mine(sight.actor);
    case 'to-decide':
      return { AND: [{ state: 'pending' }, sight.decidable.where] };
    case 'to-review':
      return { AND: [{ review: 'due' }, sight.decidable.where] };
    case 'all':
      return whereVisible(sight);
  }
}

function whereVisible({ actor, decidable, tenants, projects }: Sight): Prisma.RequestWhereInput {
  if (tenants === 'all' || projects === 'all') return {};
  const readable = [{ tenantId: { in: [...tenants] } }, { projectId: { in: [...projects] } }];
  return { OR: [mine(actor), ...readable, decidable.where] };
}

function mine(actor: Actor): Prisma.RequestWhereInput {
  return actor.id === null ? { id: { in: [] } } : { requesterId: actor.id };
}
