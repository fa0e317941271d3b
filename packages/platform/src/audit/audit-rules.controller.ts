import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type AuditAlertQuery,
  auditAlertPage,
  auditAlertQuery,
  auditRuleAnswer,
  auditRulePage,
  auditRulePresetsAnswer,
  type CreateAuditRule,
  createAuditRuleSchema,
  type UpdateAuditRule,
  updateAuditRuleSchema,
} from './audit-rules.dto.js';
import { auditRulePresets } from './audit-rules.rules.js';
import { AuditRules } from './audit-rules.service.js';

const tag = 'audit';
const notFound = 'audit-rule-not-found';
const unsound = ['audit-rule-webhook-missing', 'audit-rule-tenant-fixed', 'url-not-allowed'];
const uncreated = [...unsound, 'audit-rule-name-taken', 'audit-rules-too-many', 'audit-rule-preset-unknown'];

@Controller()
export class AuditRulesController {
  constructor(private readonly rules: AuditRules) {}

  @Route({
    method: 'GET',
    path: '/audit-rule-presets',
    permission: 'signed-in',
    tag,
    summary: 'Rules that most want, to make rules of',
    answer: auditRulePresetsAnswer,
  })
  listPresets() {
    return { items: auditRulePresets };
  }

  @Route({
    method: 'GET',
    path: '/audit-rules',
    permission: 'audit:read-all',
    tag,
    summary: "List the rules over the platform's audit log",
    query: pageQuerySchema,
    answer: auditRulePage,
  })
  list(@Query() query: PageQuery) {
    return this.rules.list(query, undefined);
  }

  @Route({
    method: 'POST',
    path: '/audit-rules',
    permission: 'audit-rules:write',
    tag,
    summary: "Make a rule over the platform's audit log: who hears of which rows",
    body: createAuditRuleSchema,
    answer: auditRuleAnswer,
    errors: uncreated,
  })
  create(@From() caller: Caller, @Body() body: CreateAuditRule) {
    return this.rules.create(caller, body, undefined);
  }

  @Route({
    method: 'GET',
    path: '/audit-rules/:rule',
    permission: 'audit:read-all',
    tag,
    summary: "Read a rule over the platform's audit log",
    answer: auditRuleAnswer,
    errors: [notFound],
  })
  get(@Param('rule') rule: string) {
    return this.rules.get(rule, undefined);
  }

  @Route({
    method: 'PATCH',
    path: '/audit-rules/:rule',
    permission: 'audit-rules:write',
    tag,
    summary: "Change a rule over the platform's audit log",
    body: updateAuditRuleSchema,
    answer: auditRuleAnswer,
    errors: [notFound, ...unsound],
  })
  update(@From() caller: Caller, @Param('rule') rule: string, @Body() body: UpdateAuditRule) {
    return this.rules.update(caller, rule, body, undefined);
  }

  @Route({
    method: 'DELETE',
    path: '/audit-rules/:rule',
    permission: 'audit-rules:write',
    tag,
    summary: "Delete a rule over the platform's audit log, with its alerts",
    errors: [notFound],
  })
  delete(@From() caller: Caller, @Param('rule') rule: string) {
    return this.rules.delete(caller, rule, undefined);
  }

  @Route({
    method: 'GET',
    path: '/audit-alerts',
    permission: 'audit:read-all',
    tag,
    summary: "List what the rules over the platform's audit log found, newest first",
    query: auditAlertQuery,
    answer: auditAlertPage,
  })
  listAlerts(@Query() query: AuditAlertQuery) {
    return this.rules.listAlerts(query, undefined);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/audit-rules',
    permission: 'audit-rules:read',
    tag,
    summary: "List the rules over a tenant's audit log",
    query: pageQuerySchema,
    answer: auditRulePage,
  })
  listOfTenant(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.rules.list(query, caller.tenant);
  }

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/audit-rules',
    permission: 'audit-rules:write',
    tag,
    summary: "Make a rule over a tenant's audit log: who hears of which rows",
    body: createAuditRuleSchema,
    answer: auditRuleAnswer,
    errors: uncreated,
  })
  createOfTenant(@From() caller: TenantCaller, @Body() body: CreateAuditRule) {
    return this.rules.create(caller, body, caller.tenant);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/audit-rules/:rule',
    permission: 'audit-rules:read',
    tag,
    summary: "Read a rule over a tenant's audit log",
    answer: auditRuleAnswer,
    errors: [notFound],
  })
  getOfTenant(@From() caller: TenantCaller, @Param('rule') rule: string) {
    return this.rules.get(rule, caller.tenant);
  }

  @Route({
    method: 'PATCH',
    path: '/tenants/:tenant/audit-rules/:rule',
    permission: 'audit-rules:write',
    tag,
    summary: "Change a rule over a tenant's audit log",
    body: updateAuditRuleSchema,
    answer: auditRuleAnswer,
    errors: [notFound, ...unsound],
  })
  updateOfTenant(@From() caller: TenantCaller, @Param('rule') rule: string, @Body() body: UpdateAuditRule) {
    return this.rules.update(caller, rule, body, caller.tenant);
  }

  @Route({
    method: 'DELETE',
    path: '/tenants/:tenant/audit-rules/:rule',
    permission: 'audit-rules:write',
    tag,
    summary: "Delete a rule over a tenant's audit log, with its alerts",
    errors: [notFound],
  })
  deleteOfTenant(@From() caller: TenantCaller, @Param('rule') rule: string) {
    return this.rules.delete(caller, rule, caller.tenant);
  }

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/audit-alerts',
    permission: 'audit-rules:read',
    tag,
    summary: "List what the rules over a tenant's audit log found, newest first",
    query: auditAlertQuery,
    answer: auditAlertPage,
  })
  listAlertsOfTenant(@From() caller: TenantCaller, @Query() query: AuditAlertQuery) {
    return this.rules.listAlerts(query, caller.tenant);
  }
}
