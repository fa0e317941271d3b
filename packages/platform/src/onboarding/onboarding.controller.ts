import { Controller } from '@nestjs/common';
import { From, Param, Route } from '../kernel/http/route.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { setupAnswer } from './onboarding.dto.js';
import { OnboardingService } from './onboarding.service.js';

@Controller()
export class OnboardingController {
  constructor(private readonly onboarding: OnboardingService) {}

  @Route({
    method: 'GET',
    path: '/requests/:id/setup',
    permission: 'signed-in',
    tag: 'requests',
    summary: 'Read how far a granted tenant is set up, step by step',
    answer: setupAnswer,
    errors: ['setup-not-found'],
  })
  get(@From() caller: Caller, @Param('id') id: string) {
    return this.onboarding.get(caller, id);
  }
}
