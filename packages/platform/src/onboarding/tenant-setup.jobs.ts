import { Injectable } from '@nestjs/common';
import { Database, type TenantSetupModel } from '../kernel/database/index.js';
import { SlipwayError } from '../kernel/errors/errors.js';
import { EventLog } from '../kernel/events/event-log.js';
import { newId } from '../kernel/ids/ids.js';
import { JobAbandoned, type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { Outbox } from '../kernel/outbox/outbox.js';
import { OperationsService } from '../operations/operations.service.js';
import { type SetupJob, setUpTenant } from './onboarding.job-definitions.js';
import { setupSteps } from './onboarding.rules.js';
import { TenantSetupSteps, toSetup } from './tenant-setup.service.js';

/**
 * Takes a tenant through the steps of its setting up, or back through them. Which way is written in its row, so that a worker
 * that dies anywhere is followed by one that goes on the same way; what was done already is found and left.
 */
@Processes(setUpTenant)
@Injectable()
export class SetUpTenantProcessor implements JobProcessor<SetupJob> {
  constructor(
    private readonly database: Database,
    private readonly steps: TenantSetupSteps,
    private readonly operations: OperationsService,
    private readonly outbox: Outbox,
    private readonly events: EventLog,
  ) {}

  async run({ tenantId }: SetupJob, { signal }: Pick<JobContext, 'signal'>): Promise<void> {
    const row = await this.database.read.tenantSetup.findUnique({ where: { tenantId } });
    if (!row) return;
    if (row.isReversing) await this.takeBack(row, signal);
    else await this.setUp(row, signal).catch(abandonWhatIsRefused);
  }

  /** A refusal turns it round; what cannot be taken back either is left for an administrator to see. */
  async giveUp({ tenantId }: SetupJob, error: Error): Promise<void> {
    const row = await this.database.read.tenantSetup.findUnique({ where: { tenantId } });
    if (!row) return;
    if (row.isReversing) {
      const message = `${row.error ?? ''} Not all could be taken back: ${error.message}`.trim();
      await this.operations.fail(row.operationId, { code: 'tenant-not-set-up', message });
      return;
    }
    await this.database.transaction(async (tx) => {
      await tx.tenantSetup.update({ where: { tenantId }, data: { isReversing: true, error: error.message } });
      await this.outbox.enqueue(tx, setUpTenant, { tenantId });
    });
  }

  private async setUp(row: TenantSetupModel, signal: AbortSignal): Promise<void> {
    const setup = toSetup(row);
    for (const step of setupSteps) {
      signal.throwIfAborted();
      await this.operations.step(row.operationId, step, 'running');
      await this.steps.steps[step].make(setup, signal);
      await this.operations.step(row.operationId, step, 'succeeded');
    }
    const tenant = { tenantId: row.tenantId, type: 'tenant.created' as const, resource: '' };
    await this.database.transaction((tx) => this.events.record(tx, tenant));
    await this.operations.succeed(row.operationId, { tenant: setup.plan.name });
  }

  private async takeBack(row: TenantSetupModel, signal: AbortSignal): Promise<void> {
    const setup = toSetup(row);
    for (const step of [...setupSteps].reverse()) {
      signal.throwIfAborted();
      await this.steps.steps[step].unmake(setup, signal);
      await this.operations.step(row.operationId, step, 'skipped', 'Taken back.');
    }
    const reason = row.error ?? 'It was refused.';
    await this.tellRequest(row, `The tenant could not be set up, and nothing is left of it: ${reason}`);
    await this.operations.fail(row.operationId, { code: 'tenant-not-set-up', message: reason });
  }

  /** Once, also when it is said again. */
  private async tellRequest({ requestId }: TenantSetupModel, comment: string): Promise<void> {
    if (!requestId) return;
    const actor = 'system:onboarding';
    await this.database.transaction(async (tx) => {
      if ((await tx.requestDecision.count({ where: { requestId, actor, verb: 'comment' } })) > 0) return;
      await tx.requestDecision.create({ data: { id: newId(), requestId, verb: 'comment', actor, comment } });
      await tx.request.updateMany({ where: { id: requestId }, data: { version: { increment: 1 } } });
    });
  }
}

/** What a rule refuses it will refuse again. */
function abandonWhatIsRefused(error: unknown): never {
  if (error instanceof SlipwayError && error.definition.status < 500) throw new JobAbandoned(error.message);
  throw error;
}
