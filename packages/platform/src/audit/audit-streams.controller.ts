import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import {
  auditStreamAnswer,
  auditStreamPage,
  auditStreamTestAnswer,
  type CreateAuditStream,
  createAuditStreamSchema,
  type UpdateAuditStream,
  updateAuditStreamSchema,
} from './audit-streams.dto.js';
import { AuditStreams } from './audit-streams.service.js';

const tag = 'audit';
const notFound = 'audit-stream-not-found';
const unsound = ['audit-stream-secret-missing', 'audit-rule-tenant-fixed', 'url-not-allowed'];
const uncreated = [...unsound, 'audit-stream-name-taken', 'audit-streams-too-many'];

@Controller()
export class AuditStreamsController {
  constructor(private readonly streams: AuditStreams) {}

  @Route({
    method: 'GET',
    path: '/audit-streams',
    permission: 'audit:read-all',
    tag,
    summary: "List where the platform's audit log is sent",
    query: pageQuerySchema,
    answer: auditStreamPage,
  })
  list(@Query() query: PageQuery) {
    return this.streams.list(query, undefined);
  }

  @Route({
    method: 'POST',
    path: '/audit-streams',
    permission: 'audit-rules:write',
    tag,
    summary: "Have the platform's audit log sent to syslog, a webhook or S3, from now on",
    body: createAuditStreamSchema,
    answer: auditStreamAnswer,
    errors: uncreated,
  })
  create(@From() caller: Caller, @Body() body: CreateAuditStream) {
    return this.streams.create(caller, body, undefined);
  }

  @Route({
    method: 'GET',
    path: '/audit-streams/:stream',
    permission: 'audit:read-all',
    tag,
    summary: "Read a stream of the platform's audit log",
    answer: auditStreamAnswer,
    errors: [notFound],
  })
  get(@Param('stream') stream: string) {
    return this.streams.get(stream, undefined);
  }

  @Route({
    method: 'PATCH',
    path: '/audit-streams/:stream',
    permission: 'audit-rules:write',
    tag,
    summary: "Change a stream of the platform's audit log",
    body: updateAuditStreamSchema,
    answer: auditStreamAnswer,
    errors: [notFound, ...unsound],
  })
  update(@From() caller: Caller, @Param('stream') stream: string, @Body() body: UpdateAuditStream) {
    return this.streams.update(caller, stream, body, undefined);
  }

  @Route({
    method: 'POST',
    path: '/audit-streams/:stream/test',
    permission: 'audit-rules:write',
    tag,
    summary: "Send a row that says it is a test to the target of a stream of the platform's audit log",
    description: 'Waits for the target, ten seconds at most.',
    status: 200,
    answer: auditStreamTestAnswer,
    errors: [notFound],
  })
  test(@From() caller: Caller, @Param('stream') stream: string) {
    return this.streams.test(caller, stream, undefined);
  }

  @Route({
    method: 'DELETE',
    path: '/audit-streams/:stream',
    permission: 'audit-rules:write',
    tag,
    summary: "Delete a stream of the platform's audit log",
    errors: [notFound],
  })
  delete(@From() caller: Caller, @Param('stream') stream: string) {
    return this.streams.delete(caller, stream, undefined);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/audit-streams',
    permission: 'audit-rules:read',
    tag,
    summary: "List where a tenant's audit log is sent",
    query: pageQuerySchema,
    answer: auditStreamPage,
  })
  listOfTenant(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.streams.list(query, caller.tenant);
  }

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/audit-streams',
    permission: 'audit-rules:write',
    tag,
    summary: "Have a tenant's audit log sent to syslog, a webhook or S3, from now on",
    body: createAuditStreamSchema,
    answer: auditStreamAnswer,
    errors: uncreated,
  })
  createOfTenant(@From() caller: TenantCaller, @Body() body: CreateAuditStream) {
    return this.streams.create(caller, body, caller.tenant);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/audit-streams/:stream',
    permission: 'audit-rules:read',
    tag,
    summary: "Read a stream of a tenant's audit log",
    answer: auditStreamAnswer,
    errors: [notFound],
  })
  getOfTenant(@From() caller: TenantCaller, @Param('stream') stream: string) {
    return this.streams.get(stream, caller.tenant);
  }

  @Route({
    method: 'PATCH',
    path: '/tenants/:tenant/audit-streams/:stream',
    permission: 'audit-rules:write',
    tag,
    summary: "Change a stream of a tenant's audit log",
    body: updateAuditStreamSchema,
    answer: auditStreamAnswer,
    errors: [notFound, ...unsound],
  })
  updateOfTenant(@From() caller: TenantCaller, @Param('stream') stream: string, @Body() body: UpdateAuditStream) {
    return this.streams.update(caller, stream, body, caller.tenant);
  }

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/audit-streams/:stream/test',
    permission: 'audit-rules:write',
    tag,
    summary: "Send a row that says it is a test to the target of a stream of a tenant's audit log",
    description: 'Waits for the target, ten seconds at most.',
    status: 200,
    answer: auditStreamTestAnswer,
    errors: [notFound],
  })
  testOfTenant(@From() caller: TenantCaller, @Param('stream') stream: string) {
    return this.streams.test(caller, stream, caller.tenant);
  }

  @Route({
    method: 'DELETE',
    path: '/tenants/:tenant/audit-streams/:stream',
    permission: 'audit-rules:write',
    tag,
    summary: "Delete a stream of a tenant's audit log",
    errors: [notFound],
  })
  deleteOfTenant(@From() caller: TenantCaller, @Param('stream') stream: string) {
    return this.streams.delete(caller, stream, caller.tenant);
  }
}
