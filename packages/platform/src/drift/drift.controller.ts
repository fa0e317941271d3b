import { Controller } from '@nestjs/common';
import { Body, From, Param, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type AcceptDrift,
  acceptDriftSchema,
  type ChangeDriftPolicy,
  type ChangeEnvironmentDriftPolicy,
  changeDriftPolicySchema,
  changeEnvironmentDriftPolicySchema,
  driftSchema,
  environmentDriftPolicySchema,
} from './drift.dto.js';
import { DriftService } from './drift.service.js';
import { EnvironmentDriftPolicies } from './environment-drift-policy.service.js';

const tag = 'drift';
const path = '/tenants/:tenant/projects/:project/applications/:application/environments/:environment/drift';
const policyPath = '/tenants/:tenant/projects/:project/environments/:environment/drift-policy';
const errors = ['application-not-found', 'environment-not-found-for-application'];

@Controller()
export class DriftController {
  constructor(
    private readonly drift: DriftService,
    private readonly policies: EnvironmentDriftPolicies,
  ) {}

  @Route({
    method: 'GET',
    path,
    permission: 'rollouts:read',
    summary: 'Read what was changed by hand in the cluster',
    description:
      'As it was when somebody last looked; that is done every minute or so. Fields that the cluster sets are none.',
    tag,
    answer: driftSchema,
    errors,
  })
  get(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
  ) {
    return this.drift.get(caller, { project, application, environment });
  }

  @Route({
    method: 'POST',
    path: `${path}/look`,
    permission: 'rollouts:read',
    summary: 'Look for drift now',
    description: 'It has been done when `lookedAt` is later than in this answer.',
    tag,
    status: 202,
    answer: driftSchema,
    errors,
  })
  look(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
  ) {
    return this.drift.look(caller, { project, application, environment });
  }

  @Route({
    method: 'POST',
    path: `${path}/heal`,
    permission: 'rollouts:write',
    summary: 'Put back what was changed by hand',
    description: 'What was accepted stays. It has been done when `lookedAt` is later than in this answer.',
    tag,
    status: 202,
    answer: driftSchema,
    errors,
  })
  heal(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
  ) {
    return this.drift.heal(caller, { project, application, environment });
  }

  @Route({
    method: 'POST',
    path: `${path}/accept`,
    permission: 'rollouts:write',
    summary: 'Let be what was changed by hand',
    description: 'Until the next release, or until it is changed again; the next rollout overwrites it.',
    tag,
    status: 200,
    body: acceptDriftSchema,
    answer: driftSchema,
    errors: [...errors, 'drift-not-found'],
  })
  accept(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Body() body: AcceptDrift,
  ) {
    return this.drift.accept(caller, { project, application, environment }, body);
  }

  @Route({
    method: 'PUT',
    path: `${path}/policy`,
    permission: 'rollouts:write',
    summary: 'Say what is done about drift here',
    tag,
    body: changeDriftPolicySchema,
    answer: driftSchema,
    errors,
  })
  setPolicy(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('environment') environment: string,
    @Body() body: ChangeDriftPolicy,
  ) {
    return this.drift.setPolicy(caller, { project, application, environment }, body);
  }

  @Route({
    method: 'GET',
    path: policyPath,
    permission: 'environments:read',
    summary: 'Read what is done about drift in an environment',
    tag,
    answer: environmentDriftPolicySchema,
    errors: ['environment-not-found'],
  })
  getOfEnvironment(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('environment') environment: string,
  ) {
    return this.policies.get(caller, project, environment);
  }

  @Route({
    method: 'PUT',
    path: policyPath,
    permission: 'environments:write',
    summary: 'Say what is done about drift in an environment',
    description: 'For applications that have no word of their own.',
    tag,
    body: changeEnvironmentDriftPolicySchema,
    answer: environmentDriftPolicySchema,
    errors: ['environment-not-found'],
  })
  setOfEnvironment(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('environment') environment: string,
    @Body() body: ChangeEnvironmentDriftPolicy,
  ) {
    return this.policies.change(caller, project, environment, body);
  }
}
