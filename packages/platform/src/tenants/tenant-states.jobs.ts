import { Injectable } from '@nestjs/common';
import { ClustersService } from '../clusters/clusters.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { type JobContext, type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { isTenantState, type TenantState } from '../kernel/tenancy/tenant-state.js';
import { OperationsService } from '../operations/operations.service.js';
import { applyTenantState, type TenantStateJob } from './tenant-states.job-definitions.js';
import { workloadsIn } from './tenant-states.rules.js';
import { pauseWorkloads, removeWorkloads, resumeWorkloads } from './tenant-workloads.service.js';

const open = ['pending', 'progressing', 'paused'];
const pollMilliseconds = 500;
const longestPolls = 50;

/** Looks at the state, does what it says, and looks again: a state that changed meanwhile is followed by this or the next job. */
@Processes(applyTenantState)
@Injectable()
export class ApplyTenantStateProcessor implements JobProcessor<TenantStateJob> {
  constructor(
    private readonly database: Database,
    private readonly clusters: ClustersService,
    private readonly operations: OperationsService,
    private readonly clock: Clock,
  ) {}

  async run({ tenantId, operation }: TenantStateJob, { signal }: Pick<JobContext, 'signal'>): Promise<void> {
    let state = await this.findState(tenantId);
    for (;;) {
      if (state === undefined || state === 'requested' || state === 'deleting') break;
      await this.apply(tenantId, state, operation, signal);
      const now = await this.findState(tenantId);
      if (now === state) break;
      state = now;
    }
    await this.operations.succeed(operation, { state: state ?? 'deleted' });
  }

  async giveUp({ operation }: TenantStateJob, error: Error): Promise<void> {
    await this.operations.fail(operation, { code: 'tenant-state-not-applied', message: error.message });
  }

  private async apply(tenantId: string, state: TenantState, operation: string, signal: AbortSignal): Promise<void> {
    const wanted = workloadsIn(state);
    if (wanted !== 'running') {
      await this.operations.step(operation, 'rollouts', 'running');
      await this.abortRollouts(tenantId);
      await this.operations.step(operation, 'rollouts', 'succeeded');
    }
    await this.operations.step(operation, 'workloads', 'running');
    switch (wanted) {
      case 'running':
        await this.inEach(tenantId, (client, namespace) => resumeWorkloads(client, namespace));
        break;
      case 'removed':
        await this.inEach(tenantId, (client, namespace) => removeWorkloads(client, namespace));
        break;
      case 'paused':
        await this.pause(tenantId, signal);
    }
    await this.operations.step(operation, 'workloads', 'succeeded');
  }

  /** A rollout that was going on may put replicas back while it is being ended: it is waited for, and paused after. */
  private async pause(tenantId: string, signal: AbortSignal): Promise<void> {
    for (let poll = 0; poll < longestPolls && !signal.aborted; poll++) {
      const isQuiet = (await this.countRollouts(tenantId)) === 0;
      await this.inEach(tenantId, async (client, namespace) => {
        await pauseWorkloads(client, namespace);
      });
      if (isQuiet) return;
      await this.clock.sleep(pollMilliseconds, signal);
    }
    throw new Error('A rollout has not ended yet.');
  }

  private async inEach(
    tenantId: string,
    work: (client: Parameters<typeof pauseWorkloads>[0], namespace: string) => Promise<void>,
  ): Promise<void> {
    const where = { tenantId, state: { not: 'deleting' } };
    const select = { cluster: true, namespace: true };
    const environments = await this.database.read.environment.findMany({ where, select, orderBy: { id: 'asc' } });
    for (const { cluster, namespace } of environments)
      await this.clusters.use(cluster, (client) => work(client, namespace));
  }

  private async abortRollouts(tenantId: string): Promise<void> {
    const where = { tenantId, state: { in: open }, abortRequestedAt: null };
    const data = { abortRequestedAt: this.clock.now(), version: { increment: 1 } };
    await this.database.read.rollout.updateMany({ where, data });
  }

  private countRollouts(tenantId: string): Promise<number> {
    const active = [{ state: { in: open } }, { state: 'aborted', isRestoring: true }];
    return this.database.read.rollout.count({ where: { tenantId, OR: active } });
  }

  private async findState(tenantId: string): Promise<TenantState | undefined> {
    const row = await this.database.read.tenant.findUnique({ where: { id: tenantId }, select: { state: true } });
    return row && isTenantState(row.state) ? row.state : undefined;
  }
}
