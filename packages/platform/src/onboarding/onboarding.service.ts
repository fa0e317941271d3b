import { Injectable } from '@nestjs/common';
import { Access } from '../kernel/access/access.js';
import { Database } from '../kernel/database/index.js';
import { isId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { type SetupAnswer, setupAnswer } from './onboarding.dto.js';
import { fail } from './onboarding.errors.js';
import { toSetup } from './tenant-setup.service.js';

/** How far the setting up of an approved request is; for who asked, who may be no member yet, and for who decides. */
@Injectable()
export class OnboardingService {
  constructor(
    private readonly database: Database,
    private readonly access: Access,
  ) {}

  async get({ actor }: Caller, request: string): Promise<SetupAnswer> {
    const { read } = this.database;
    const asked = isId(request) ? await read.request.findFirst({ where: { id: request, kind: 'tenant' } }) : null;
    const isMine = asked?.requesterId !== null && asked?.requesterId === actor.id;
    if (!asked || !(isMine || (await this.access.isAllowedOnPlatform(actor, 'tenants:approve'))))
      throw fail('setup-not-found');
    const setup = await read.tenantSetup.findFirst({ where: { requestId: asked.id } });
    const operation = setup && (await read.operation.findUnique({ where: { id: setup.operationId } }));
    if (!setup || !operation) throw fail('setup-not-found');
    return setupAnswer.parse({
      request: asked.id,
      tenant: toSetup(setup).plan.name,
      state: operation.state,
      isReversing: setup.isReversing,
      error: setup.error,
      operation: operation.id,
      progress: operation.progress,
      steps: operation.steps,
    });
  }
}
