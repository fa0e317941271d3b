import { Controller } from '@nestjs/common';
import { From, Query, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { type AuditQuery, auditPage, auditQuery } from './audit.dto.js';
import { AuditService } from './audit.service.js';

const tag = 'audit';

@Controller()
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Route({
    method: 'GET',
    path: '/audit-events',
    permission: 'audit:read-all',
    tag,
    summary: 'List the changes of the whole platform, newest first',
    query: auditQuery,
    answer: auditPage,
  })
  list(@Query() query: AuditQuery) {
    return this.audit.list(query);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/audit-events',
    permission: 'audit:read',
    tag,
    summary: "List a tenant's changes, newest first",
    query: auditQuery,
    answer: auditPage,
  })
  listOfTenant(@From() caller: TenantCaller, @Query() query: AuditQuery) {
    return this.audit.list(query, caller.tenant.id);
  }
}
