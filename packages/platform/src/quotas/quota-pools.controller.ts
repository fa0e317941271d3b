import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import {
  type PutPool,
  poolAnswer,
  poolWaitAnswer,
  poolWaitPage,
  poolWaitsQuery,
  putPoolBody,
} from './quota-pools.dto.js';
import { QuotaPools } from './quota-pools.service.js';
import { QuotaQueueViews } from './quota-queue-views.service.js';
import { type RecountBody, recountAnswer, recountBody } from './quota-repair.dto.js';
import { QuotaRepair } from './quota-repair.service.js';
import { type PutQuotaQuery, putQuotaQuery } from './quotas.dto.js';

const tag = 'quotas';
const path = '/clusters/:cluster/pool';

@Controller()
export class QuotaPoolsController {
  constructor(
    private readonly pools: QuotaPools,
    private readonly views: QuotaQueueViews,
    private readonly repair: QuotaRepair,
  ) {}

  @Route({
    method: 'GET',
    path,
    permission: 'clusters:read',
    tag,
    summary: 'Read what a cluster has to give to all tenants together',
    answer: poolAnswer,
    errors: ['cluster-not-found'],
  })
  get(@Param('cluster') cluster: string) {
    return this.pools.get(cluster);
  }

  @Route({
    method: 'PUT',
    path,
    permission: 'clusters:write',
    tag,
    summary: "Set a cluster's pool",
    query: putQuotaQuery,
    body: putPoolBody,
    answer: poolAnswer,
    errors: ['cluster-not-found', 'quota-resource-unknown', 'quota-amount-unreadable'],
  })
  put(@From() caller: Caller, @Param('cluster') cluster: string, @Query() query: PutQuotaQuery, @Body() body: PutPool) {
    return this.pools.put(caller, cluster, body, query.dryRun === 'true');
  }

  @Route({
    method: 'GET',
    path: `${path}/queue`,
    permission: 'clusters:read',
    tag,
    summary: "List what waits for a cluster's pool, in its turns",
    query: poolWaitsQuery,
    answer: poolWaitPage,
  })
  listWaits(@Param('cluster') cluster: string, @Query() query: PageQuery) {
    return this.views.listOfPool(cluster, query);
  }

  @Route({
    method: 'POST',
    path: `${path}/queue/:id/cancel`,
    permission: 'clusters:write',
    tag,
    summary: "Give up, for a tenant, what waits for a cluster's pool",
    answer: poolWaitAnswer,
    status: 200,
  })
  cancel(@From() caller: Caller, @Param('cluster') cluster: string, @Param('id') id: string) {
    return this.views.cancelOfPool(caller, cluster, id);
  }

  @Route({
    method: 'POST',
    path: '/quotas/recount',
    permission: 'tenant-quotas:write',
    tag,
    summary: 'Count anew what is used, and correct what differs',
    description: 'The worker does it every hour by itself.',
    body: recountBody,
    answer: recountAnswer,
    status: 200,
  })
  recount(@From() caller: Caller, @Body() body: RecountBody) {
    return this.repair.recount(caller, body);
  }
}
