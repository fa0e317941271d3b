import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Reply, type Response, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type AuditQuery,
  auditExportAnswer,
  auditExportPage,
  auditKeysAnswer,
  auditPage,
  auditQuery,
  auditStateAnswer,
  type ChangeAuditRetention,
  type CreateAuditExport,
  changeAuditRetentionSchema,
  createAuditExportSchema,
  platformAuditQuery,
} from './audit.dto.js';
import { AuditChains } from './audit-chains.service.js';
import { AuditExports } from './audit-exports.service.js';
import { AuditKeys } from './audit-keys.service.js';
import { AuditSearch } from './audit-search.service.js';
import { sendExport } from './send-export.js';

const tag = 'audit';
const exportErrors = ['audit-export-not-found', 'audit-export-not-ready'];
const exportType = 'application/x-ndjson';
const operationOf = (answer: Record<string, unknown>) => `/api/v1/operations/${answer['operation']}`;

@Controller()
export class AuditController {
  constructor(
    private readonly search: AuditSearch,
    private readonly chains: AuditChains,
    private readonly exports: AuditExports,
    private readonly keys: AuditKeys,
  ) {}

  @Route({
    method: 'GET',
    path: '/audit-events',
    permission: 'audit:read-all',
    tag,
    summary: 'List the audit events of the whole platform, newest first',
    query: platformAuditQuery,
    answer: auditPage,
  })
  list(@Query() query: AuditQuery) {
    return this.search.list(query);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/audit-events',
    permission: 'audit:read',
    tag,
    summary: "List a tenant's audit events, newest first",
    query: auditQuery,
    answer: auditPage,
  })
  listOfTenant(@From() caller: TenantCaller, @Query() query: AuditQuery) {
    return this.search.list(query, caller.tenant.id);
  }

  @Route({
    method: 'GET',
    path: '/audit/keys',
    permission: 'public',
    tag,
    summary: 'The public keys that checkpoints and exports are signed with',
    answer: auditKeysAnswer,
  })
  listKeys() {
    return { keys: this.keys.list() };
  }

  @Route({
    method: 'POST',
    path: '/audit/keys/rotate',
    permission: 'keys:rotate',
    tag,
    summary: 'Make a new key that signs from now on; what the others have signed stays verifiable',
    answer: auditKeysAnswer,
    status: 200,
    errors: ['audit-keys-read-only'],
  })
  rotateKeys(@From() caller: Caller) {
    return this.chains.rotateKeys(caller);
  }

  @Route({
    method: 'GET',
    path: '/audit-state',
    permission: 'audit:read-all',
    tag,
    summary: "Where the chain of the platform's own events stands",
    answer: auditStateAnswer,
  })
  getState() {
    return this.chains.getState();
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/audit-state',
    permission: 'audit:read',
    tag,
    summary: "Where the chain of the tenant's events stands",
    answer: auditStateAnswer,
  })
  getStateOfTenant(@From() caller: TenantCaller) {
    return this.chains.getState(caller.tenant.id);
  }

  @Route({
    method: 'PATCH',
    path: '/tenants/:tenant/audit-state',
    permission: 'audit-rules:write',
    tag,
    summary: "Change how long the tenant's events are kept",
    body: changeAuditRetentionSchema,
    answer: auditStateAnswer,
    errors: ['audit-retention-too-short'],
  })
  changeRetention(@From() caller: TenantCaller, @Body() body: ChangeAuditRetention) {
    return this.chains.changeRetention(caller, body);
  }

  @Route({
    method: 'POST',
    path: '/audit-exports',
    permission: 'audit:read-all',
    tag,
    summary: 'Export the audit log of the whole platform',
    body: createAuditExportSchema,
    answer: auditExportAnswer,
    status: 202,
    location: operationOf,
  })
  createExport(@From() caller: Caller, @Body() body: CreateAuditExport) {
    return this.exports.create(caller, body);
  }

  @Route({
    method: 'GET',
    path: '/audit-exports',
    permission: 'audit:read-all',
    tag,
    summary: 'List all exports, newest first',
    query: pageQuerySchema,
    answer: auditExportPage,
  })
  listExports(@Query() query: PageQuery) {
    return this.exports.list(query);
  }

  @Route({
    method: 'GET',
    path: '/audit-exports/:export',
    permission: 'audit:read-all',
    tag,
    summary: 'Read an export',
    answer: auditExportAnswer,
    errors: exportErrors,
  })
  getExport(@Param('export') id: string) {
    return this.exports.get(id);
  }

  @Route({
    method: 'GET',
    path: '/audit-exports/:export/content',
    permission: 'audit:read-all',
    tag,
    summary: 'Download an export',
    produces: [exportType],
    errors: exportErrors,
  })
  async download(@From() caller: Caller, @Param('export') id: string, @Reply() response: Response) {
    await sendExport(response, id, await this.exports.open(caller, id));
  }

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/audit-exports',
    permission: 'audit:export',
    tag,
    summary: "Export the tenant's audit log",
    body: createAuditExportSchema,
    answer: auditExportAnswer,
    status: 202,
    location: operationOf,
  })
  createExportOfTenant(@From() caller: TenantCaller, @Body() body: CreateAuditExport) {
    return this.exports.create(caller, body, caller.tenant);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/audit-exports',
    permission: 'audit:export',
    tag,
    summary: "List the tenant's exports, newest first",
    query: pageQuerySchema,
    answer: auditExportPage,
  })
  listExportsOfTenant(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.exports.list(query, caller.tenant.id);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/audit-exports/:export',
    permission: 'audit:export',
    tag,
    summary: "Read one of the tenant's exports",
    answer: auditExportAnswer,
    errors: exportErrors,
  })
  getExportOfTenant(@From() caller: TenantCaller, @Param('export') id: string) {
    return this.exports.get(id, caller.tenant.id);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/audit-exports/:export/content',
    permission: 'audit:export',
    tag,
    summary: "Download one of the tenant's exports",
    produces: [exportType],
    errors: exportErrors,
  })
  async downloadOfTenant(@From() caller: TenantCaller, @Param('export') id: string, @Reply() response: Response) {
    await sendExport(response, id, await this.exports.open(caller, id, caller.tenant));
  }
}
