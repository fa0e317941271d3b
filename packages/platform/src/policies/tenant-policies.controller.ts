import { Controller } from '@nestjs/common';
import { Body, From, Param, Query, Route } from '../kernel/http/route.js';
import { type PageQuery, pageQuerySchema } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ImageAdmission } from './image-admission.service.js';
import {
  type CheckImage,
  type CreateExemption,
  type CreateImagePolicy,
  checkAnswer,
  checkImageBody,
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
const write = { permission: 'policies:write', tag } as const;
const base = '/tenants/:tenant/image-policies';

/** What a tenant asks of its own images, on top of what the platform asks. */
@Controller()
export class TenantPoliciesController {
  constructor(
    private readonly settings: PolicySettings,
    private readonly admission: ImageAdmission,
    private readonly dryRuns: PolicyDryRun,
  ) {}

  @Route({
    ...read,
    method: 'GET',
    path: base,
    narrows: true,
    summary: 'List the image policies that hold in the tenant, the platform’s among them',
    query: pageQuerySchema,
    answer: imagePolicyPage,
  })
  list(@From() caller: TenantCaller, @Query() query: PageQuery) {
    return this.settings.list(caller.tenant, query);
  }

  @Route({
    ...write,
    method: 'POST',
    path: base,
    summary: 'Make an image policy of the tenant',
    body: createImagePolicyBody,
    answer: imagePolicyAnswer,
    errors: ['image-policy-name-taken', 'image-policy-empty'],
  })
  create(@From() caller: TenantCaller, @Body() body: CreateImagePolicy) {
    return this.settings.create(caller, caller.tenant, body);
  }

  @Route({
    ...read,
    method: 'GET',
    path: `${base}/:policy`,
    narrows: true,
    summary: 'Read an image policy that holds in the tenant',
    answer: imagePolicyAnswer,
    errors: ['image-policy-not-found'],
  })
  get(@From() caller: TenantCaller, @Param('policy') policy: string) {
    return this.settings.get(caller.tenant, policy);
  }

  @Route({
    ...write,
    method: 'PATCH',
    path: `${base}/:policy`,
    summary: 'Change an image policy of the tenant',
    body: updateImagePolicyBody,
    answer: imagePolicyAnswer,
    errors: ['image-policy-not-found', 'image-policy-empty'],
  })
  update(@From() caller: TenantCaller, @Param('policy') policy: string, @Body() body: UpdateImagePolicy) {
    return this.settings.update(caller, caller.tenant, policy, body);
  }

  @Route({
    ...write,
    method: 'DELETE',
    path: `${base}/:policy`,
    summary: 'Delete an image policy of the tenant',
    errors: ['image-policy-not-found'],
  })
  delete(@From() caller: TenantCaller, @Param('policy') policy: string) {
    return this.settings.delete(caller, caller.tenant, policy);
  }

  @Route({
    ...write,
    method: 'POST',
    path: `${base}/:policy/exemptions`,
    summary: 'Let images pass a policy of the tenant for a time',
    body: createExemptionBody,
    answer: imagePolicyAnswer,
    errors: ['image-policy-not-found'],
  })
  exempt(@From() caller: TenantCaller, @Param('policy') policy: string, @Body() body: CreateExemption) {
    return this.settings.exempt(caller, caller.tenant, policy, body);
  }

  @Route({
    ...write,
    method: 'DELETE',
    path: `${base}/:policy/exemptions/:exemption`,
    summary: 'End an exemption of a policy of the tenant',
    errors: ['image-policy-not-found', 'image-exemption-not-found'],
  })
  endExemption(@From() caller: TenantCaller, @Param('policy') policy: string, @Param('exemption') exemption: string) {
    return this.settings.endExemption(caller, caller.tenant, policy, exemption);
  }

  @Route({
    ...write,
    method: 'POST',
    path: `${base}/dry-runs`,
    status: 200,
    summary: 'Judge the tenant’s images that run now by a policy that need not be there; nothing is written',
    body: dryRunBody,
    answer: dryRunAnswer,
    errors: ['image-policy-not-found', 'image-policy-empty'],
  })
  dryRun(@From() caller: TenantCaller, @Body() body: DryRun) {
    return this.dryRuns.run(caller.tenant, body);
  }

  @Route({
    ...read,
    method: 'GET',
    path: '/tenants/:tenant/image-verdicts',
    summary: 'List images of the tenant that broke a policy, newest first',
    query: verdictQuery,
    answer: verdictPage,
  })
  listVerdicts(@From() caller: TenantCaller, @Query() query: VerdictQuery) {
    return this.admission.listVerdicts(caller.tenant.id, query);
  }

  @Route({
    ...read,
    method: 'POST',
    path: '/tenants/:tenant/image-checks',
    narrows: true,
    status: 200,
    summary: 'Say what the policies would say of an image; nothing is written',
    body: checkImageBody,
    answer: checkAnswer,
  })
  async check(@From() caller: TenantCaller, @Body() { image, environmentKind }: CheckImage) {
    const verdicts = await this.admission.judge({ tenantId: caller.tenant.id, environmentKind }, image);
    const isAllowed = verdicts.every(({ mode }) => mode !== 'enforce');
    return { isAllowed, verdicts: verdicts.map(({ policyId: _id, ...verdict }) => verdict) };
  }
}
