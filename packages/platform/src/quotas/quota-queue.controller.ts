import { Controller } from '@nestjs/common';
import { From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { QuotaGrants } from './quota-grants.service.js';
import { overviewPage, type WaitsQuery, waitAnswer, waitPage, waitsQuery } from './quota-queue.dto.js';
import { QuotaQueueViews } from './quota-queue-views.service.js';
import { grantPage } from './quotas.dto.js';

const tag = 'quotas';

@Controller()
export class QuotaQueueController {
  constructor(
    private readonly views: QuotaQueueViews,
    private readonly grants: QuotaGrants,
  ) {}

  @Route({
    method: 'GET',
    path: '/quotas',
    permission: 'tenant-quotas:write',
    tag,
    summary: 'See of every tenant what is nearest to its limit',
    query: pageQuerySchema,
    answer: overviewPage,
  })
  overview(@Query() query: PageQuery) {
    return this.views.overview(query);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/quota/queue',
    permission: 'quotas:read',
    tag,
    summary: 'List what waits for room, oldest first',
    query: waitsQuery,
    answer: waitPage,
  })
  list(@From() caller: TenantCaller, @Query() query: WaitsQuery) {
    return this.views.list(caller, query);
  }

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/quota/queue/:id/cancel',
    permission: 'rollouts:write',
    tag,
    summary: 'Give up what waits for room',
    answer: waitAnswer,
    status: 200,
  })
  cancel(@From() caller: TenantCaller, @Param('id') id: string) {
    return this.views.cancel(caller, id);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/quota/grants',
    permission: 'quotas:read',
    tag,
    summary: 'List what was granted on top of limits, newest first',
    query: pageQuerySchema,
    answer: grantPage,
  })
  listGrants(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.grants.list(caller, query);
  }
}
