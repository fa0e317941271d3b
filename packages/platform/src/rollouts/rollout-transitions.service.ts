import { Injectable } from '@nestjs/common';
import { ApplicationScopes } from '../applications/application-scopes.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type Prisma, type RolloutModel, type Transaction } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import { isId, newId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import type { TransitionAnswer } from './rollouts.dto.js';
import { fail } from './rollouts.errors.js';
import type { Transition } from './transitions.rules.js';

/** What rollouts went through, by whom and why. */
@Injectable()
export class RolloutTransitions {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly clock: Clock,
  ) {}

  async record(
    tx: Transaction,
    { id, tenantId }: Pick<RolloutModel, 'id' | 'tenantId'>,
    transition: Transition,
    actor: string,
  ): Promise<void> {
    const at = this.clock.now();
    await tx.rolloutTransition.create({ data: { id: newId(), tenantId, rolloutId: id, ...transition, actor, at } });
  }

  /** The oldest first. */
  async list(
    caller: TenantCaller,
    project: string,
    application: string,
    id: string,
    query: PageQuery,
  ): Promise<Page<TransitionAnswer>> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const key = { id, tenantId: scope.tenant.id, applicationId: scope.application.id };
    if (!isId(id) || (await this.database.read.rollout.count({ where: key })) === 0) throw fail('rollout-not-found');
    const { where, orderBy, take } = keyset<Prisma.RolloutTransitionWhereInput>(query, 'at', { type: 'date' });
    const rows = await this.database.read.rolloutTransition.findMany({
      where: {
        AND: [where],
        tenantId: scope.tenant.id,
        rolloutId: id,
        reason: query.q ? { contains: query.q } : undefined,
      },
      orderBy,
      take,
    });
    return toPage(
      rows,
      query.limit,
      (row) => [row.at, row.id],
      ({ from, to, step, reason, actor, ...row }) => ({
        id: row.id,
        at: row.at.toISOString(),
        from,
        to,
        step,
        reason,
        actor,
      }),
    );
  }
}
