import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { ImageAdmission } from './image-admission.service.js';
import {
  type CreateExemption,
  type CreateImagePolicy,
  createExemptionBody,
  createImagePolicyBody,
  type DryRun,
  dryRunAnswer,
  dryRunBody,
  imagePolicyAnswer,
  imagePolicyPage,
  type UpdateImagePolicy,
  updateImagePolicyBody,
  type VerdictQuery,
  verdictPage,
  verdictQuery,
} from './policies.dto.js';
import { PolicyDryRun } from './policy-dry-run.service.js';
import { PolicySettings } from './policy-settings.service.js';

const tag = 'policies';
const read = { permission: 'policies:read', tag } as const;
const write = { permission: 'clusters:write', tag } as const;

/** What the platform asks of the images of every tenant. */
@Controller()
export class PoliciesController {
  constructor(
    private readonly settings: PolicySettings,
    private readonly admission: ImageAdmission,
    private readonly dryRuns: PolicyDryRun,
  ) {}

  @Route({
    ...read,
    method: 'GET',
    path: '/image-policies',
    summary: 'List the platform’s image policies, which hold for every tenant',
    query: pageQuerySchema,
    answer: imagePolicyPage,
  })
  list(@Query() query: PageQuery) {
    return this.settings.list(null, query);
  }

  @Route({
    ...write,
    method: 'POST',
    path: '/image-policies',
    summary: 'Make an image policy for every tenant',
    body: createImagePolicyBody,
    answer: imagePolicyAnswer,
    errors: ['image-policy-name-taken', 'image-policy-empty'],
  })
  create(@From() caller: Caller, @Body() body: CreateImagePolicy) {
    return this.settings.create(caller, null, body);
  }

  @Route({
    ...read,
    method: 'GET',
    path: '/image-policies/:policy',
    summary: 'Read an image policy of the platform',
    answer: imagePolicyAnswer,
    errors: ['image-policy-not-found'],
  })
  get(@Param('policy') policy: string) {
    return this.settings.get(null, policy);
  }

  @Route({
    ...write,
    method: 'PATCH',
    path: '/image-policies/:policy',
    summary: 'Change an image policy of the platform',
    body: updateImagePolicyBody,
    answer: imagePolicyAnswer,
    errors: ['image-policy-not-found', 'image-policy-empty'],
  })
  update(@From() caller: Caller, @Param('policy') policy: string, @Body() body: UpdateImagePolicy) {
    return this.settings.update(caller, null, policy, body);
  }

  @Route({
    ...write,
    method: 'DELETE',
    path: '/image-policies/:policy',
    summary: 'Delete an image policy of the platform',
    errors: ['image-policy-not-found'],
  })
  delete(@From() caller: Caller, @Param('policy') policy: string) {
    return this.settings.delete(caller, null, policy);
  }

  @Route({
    ...write,
    method: 'POST',
    path: '/image-policies/:policy/exemptions',
    summary: 'Let images pass a policy of the platform for a time, for one tenant or all',
    body: createExemptionBody,
    answer: imagePolicyAnswer,
    errors: ['image-policy-not-found'],
  })
  exempt(@From() caller: Caller, @Param('policy') policy: string, @Body() body: CreateExemption) {
    return this.settings.exempt(caller, null, policy, body);
  }

  @Route({
    ...write,
    method: 'DELETE',
    path: '/image-policies/:policy/exemptions/:exemption',
    summary: 'End an exemption of a policy of the platform',
    errors: ['image-policy-not-found', 'image-exemption-not-found'],
  })
  endExemption(@From() caller: Caller, @Param('policy') policy: string, @Param('exemption') exemption: string) {
    return this.settings.endExemption(caller, null, policy, exemption);
  }

  @Route({
    ...write,
    method: 'POST',
    path: '/image-policies/dry-runs',
    status: 200,
    summary: 'Judge the images that run now, of every tenant, by a policy that need not be there; nothing is written',
    body: dryRunBody,
    answer: dryRunAnswer,
    errors: ['image-policy-not-found', 'image-policy-empty'],
  })
  dryRun(@Body() body: DryRun) {
    return this.dryRuns.run(null, body);
  }

  @Route({
    ...read,
    method: 'GET',
    path: '/image-verdicts',
    summary: 'List images that broke a policy, in every tenant, newest first',
    query: verdictQuery,
    answer: verdictPage,
  })
  listVerdicts(@Query() query: VerdictQuery) {
    return this.admission.listVerdicts(undefined, query);
  }
}
