import { Controller } from '@nestjs/common';
import { Body, From, Route } from '../kernel/http/route.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { type MoveTenant, moveTenantBody, tenantStateAnswer } from './tenant-states.dto.js';
import { TenantStates } from './tenant-states.service.js';

const tag = 'tenants';

@Controller()
export class TenantStatesController {
  constructor(private readonly states: TenantStates) {}

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/state',
    permission: 'tenants:read',
    tag,
    summary: "Read a tenant's state, since when and why, and where it can go",
    answer: tenantStateAnswer,
  })
  get(@From() caller: TenantCaller) {
    return this.states.get(caller);
  }

  @Route({
    method: 'POST',
    path: '/tenants/:tenant/state',
    permission: 'tenants:suspend',
    tag,
    summary: 'Cordon, suspend, archive or bring back a tenant',
    description:
      '`cordoned` refuses changes; `suspended` also lets nothing run and keeps all data, and brings everything back as it was; ' +
      '`archived` takes away what runs for good and keeps data and images.',
    body: moveTenantBody,
    answer: tenantStateAnswer,
    status: 200,
    allowedIn: ['cordoned', 'suspended', 'archived'],
    errors: ['tenant-state-impossible', 'tenant-not-confirmed'],
  })
  move(@From() caller: TenantCaller, @Body() body: MoveTenant) {
    return this.states.move(caller, body);
  }
}
