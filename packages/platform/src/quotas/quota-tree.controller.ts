import { Controller } from '@nestjs/common';
import { Body, From, Query, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { type PutTree, putTreeBody, treeAnswer } from './quota-tree.dto.js';
import { QuotaTree } from './quota-tree.service.js';
import { type PutQuotaQuery, putQuotaQuery } from './quotas.dto.js';

const tag = 'quotas';
const path = '/tenants/:tenant/quota/tree';

@Controller()
export class QuotaTreeController {
  constructor(private readonly tree: QuotaTree) {}

  @Route({
    method: 'GET',
    path,
    permission: 'quotas:read',
    tag,
    summary: 'Read the limits of a tenant, its projects and their environments at once',
    answer: treeAnswer,
  })
  get(@From() caller: TenantCaller) {
    return this.tree.get(caller);
  }

  @Route({
    method: 'PUT',
    path,
    permission: 'quotas:write',
    tag,
    summary: 'Set limits of several scopes of a tenant together',
    description:
      "Only how they stand in the end has to fit. The tenant's own limits are the platform's to set. A dry run answers what " +
      'would change, and in `violations` why it would be refused.',
    query: putQuotaQuery,
    body: putTreeBody,
    answer: treeAnswer,
    errors: ['quota-resource-unknown', 'quota-amount-unreadable', 'quota-above-parent'],
  })
  put(@From() caller: TenantCaller, @Query() query: PutQuotaQuery, @Body() body: PutTree) {
    return this.tree.put(caller, body, query.dryRun === 'true');
  }
}
