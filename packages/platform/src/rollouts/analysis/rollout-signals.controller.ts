import { Controller } from '@nestjs/common';
import { From, Param, Route } from '../../kernel/http/route.js';
import type { TenantCaller } from '../../kernel/tenancy/caller.js';
import { rolloutSignalsSchema } from './rollout-signals.dto.js';
import { RolloutSignals } from './rollout-signals.service.js';

@Controller()
export class RolloutSignalsController {
  constructor(private readonly signals: RolloutSignals) {}

  @Route({
    method: 'GET',
    path: '/tenants/:tenant/projects/:project/applications/:application/rollouts/:id/signals',
    permission: 'rollouts:read',
    summary: 'Read the golden signals of both releases, side by side',
    description:
      'What the gateway saw of each from a minute before the rollout began to a minute after its end: requests, errors, latency, and requests that wait.',
    tag: 'rollouts',
    answer: rolloutSignalsSchema,
    errors: ['application-not-found', 'rollout-not-found'],
  })
  get(
    @From() caller: TenantCaller,
    @Param('project') project: string,
    @Param('application') application: string,
    @Param('id') id: string,
  ) {
    return this.signals.get(caller, project, application, id);
  }
}
