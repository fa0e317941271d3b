import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import type { Caller, TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type CreatePolicy,
  createPolicyBody,
  type PoliciesQuery,
  policiesQuery,
  policyAnswer,
  policyPage,
  type UpdatePolicy,
  updatePolicyBody,
} from './approval-policies.dto.js';
import { ApprovalPoliciesService } from './approval-policies.service.js';

const tag = 'approval-policies';
const ofPlatform = '/approval-policies';
const ofTenant = '/tenants/:tenant/approval-policies';
const errors = ['approval-policy-not-found'];
const refusals = ['approval-policy-not-for-tenants', 'approval-policy-without-approvers', 'request-kind-unknown'];

@Controller()
export class ApprovalPoliciesController {
  constructor(private readonly policies: ApprovalPoliciesService) {}

  @Route({
    method: 'GET',
    path: ofPlatform,
    permission: 'approval-policies:read',
    tag,
    summary: "List the platform's approval policies",
    query: policiesQuery,
    answer: policyPage,
  })
  list(@Query() query: PoliciesQuery) {
    return this.policies.list(null, query);
  }

  @Route({
    method: 'POST',
    path: ofPlatform,
    permission: 'approval-policies:write',
    tag,
    summary: 'Create an approval policy of the platform',
    body: createPolicyBody,
    answer: policyAnswer,
    location: ({ name }) => `/approval-policies/${name}`,
    errors: ['approval-policy-exists', ...refusals],
  })
  create(@From() caller: Caller, @Body() body: CreatePolicy) {
    return this.policies.create(caller, null, body);
  }

  @Route({
    method: 'GET',
    path: `${ofPlatform}/:policy`,
    permission: 'approval-policies:read',
    tag,
    summary: 'Read an approval policy of the platform',
    answer: policyAnswer,
    errors,
  })
  get(@Param('policy') policy: string) {
    return this.policies.get(null, policy);
  }

  @Route({
    method: 'PATCH',
    path: `${ofPlatform}/:policy`,
    permission: 'approval-policies:write',
    tag,
    summary: 'Change an approval policy of the platform',
    body: updatePolicyBody,
    answer: policyAnswer,
    errors: [...errors, ...refusals],
  })
  update(@From() caller: Caller, @Param('policy') policy: string, @Body() body: UpdatePolicy) {
    return this.policies.update(caller, null, policy, body);
  }

  @Route({
    method: 'DELETE',
    path: `${ofPlatform}/:policy`,
    permission: 'approval-policies:write',
    tag,
    summary: 'Delete an approval policy of the platform',
    errors,
  })
  delete(@From() caller: Caller, @Param('policy') policy: string) {
    return this.policies.delete(caller, null, policy);
  }

  @Route({
    method: 'GET',
    path: ofTenant,
    permission: 'approval-policies:read',
    tag,
    summary: "List a tenant's approval policies",
    query: policiesQuery,
    answer: policyPage,
  })
  listOfTenant(@From() caller: TenantCaller, @Query() query: PoliciesQuery) {
    return this.policies.list(caller.tenant, query);
  }

  @Route({
    method: 'POST',
    path: ofTenant,
    permission: 'approval-policies:write',
    tag,
    summary: 'Create an approval policy of a tenant',
    description: "The platform's policies go before it.",
    body: createPolicyBody,
    answer: policyAnswer,
    errors: ['approval-policy-exists', ...refusals],
  })
  createOfTenant(@From() caller: TenantCaller, @Body() body: CreatePolicy) {
    return this.policies.create(caller, caller.tenant, body);
  }

  @Route({
    method: 'GET',
    path: `${ofTenant}/:policy`,
    permission: 'approval-policies:read',
    tag,
    summary: 'Read an approval policy of a tenant',
    answer: policyAnswer,
    errors,
  })
  getOfTenant(@From() caller: TenantCaller, @Param('policy') policy: string) {
    return this.policies.get(caller.tenant, policy);
  }

  @Route({
    method: 'PATCH',
    path: `${ofTenant}/:policy`,
    permission: 'approval-policies:write',
    tag,
    summary: 'Change an approval policy of a tenant',
    body: updatePolicyBody,
    answer: policyAnswer,
    errors: [...errors, ...refusals],
  })
  updateOfTenant(@From() caller: TenantCaller, @Param('policy') policy: string, @Body() body: UpdatePolicy) {
    return this.policies.update(caller, caller.tenant, policy, body);
  }

  @Route({
    method: 'DELETE',
    path: `${ofTenant}/:policy`,
    permission: 'approval-policies:write',
    tag,
    summary: 'Delete an approval policy of a tenant',
    errors,
  })
  deleteOfTenant(@From() caller: TenantCaller, @Param('policy') policy: string) {
    return this.policies.delete(caller, caller.tenant, policy);
  }
}
